import { cutText } from '#contract/text.ts'

/** What a review looks for; each kind is one task per file and one capability of the agents. */
export type ReviewKind = 'complexity' | 'secrets' | 'dependencies' | 'links' | 'duplication'

export type Severity = 'high' | 'medium' | 'low' | 'info'

/** Worst first. */
export const SEVERITIES: readonly Severity[] = ['high', 'medium', 'low', 'info']

/** Every rule there is: the kind of review that finds it, and what it means in a heading. */
export const RULES = {
  parse_error: { kind: 'complexity', title: 'Source does not parse' },
  complex_function: { kind: 'complexity', title: 'Function has many independent paths' },
  long_function: { kind: 'complexity', title: 'Function is long' },
  leaked_credential: { kind: 'secrets', title: 'Credential of a known format' },
  private_key: { kind: 'secrets', title: 'Private key' },
  secret_assignment: { kind: 'secrets', title: 'Random-looking value assigned to a secret' },
  url_password: { kind: 'secrets', title: 'Password inside a URL' },
  invalid_manifest: { kind: 'dependencies', title: 'Package manifest is not valid' },
  wildcard_range: { kind: 'dependencies', title: 'Dependency accepts any later version' },
  url_dependency: { kind: 'dependencies', title: 'Dependency comes from a URL or repository' },
  no_lockfile: { kind: 'dependencies', title: 'Version ranges without a lockfile' },
  lock_missing_entry: { kind: 'dependencies', title: 'Dependency is not in the lockfile' },
  lock_out_of_date: { kind: 'dependencies', title: 'Lockfile disagrees with the manifest' },
  deprecated_package: { kind: 'dependencies', title: 'Package is deprecated by its authors' },
  undeclared_dependency: { kind: 'dependencies', title: 'Package is imported but not declared' },
  unused_dependency: { kind: 'dependencies', title: 'Package is declared but never imported' },
  license_missing: { kind: 'dependencies', title: 'Package names no licence' },
  license_invalid: { kind: 'dependencies', title: 'Licence is not an SPDX expression' },
  license_copyleft: { kind: 'dependencies', title: 'Dependency is under a copyleft licence' },
  license_unknown: { kind: 'dependencies', title: 'Dependency names no licence' },
  broken_link: { kind: 'links', title: 'Relative link leads nowhere' },
  broken_anchor: { kind: 'links', title: 'Link to a heading that does not exist' },
  duplicated_block: { kind: 'duplication', title: 'Block of code is repeated' },
} as const satisfies Record<string, { readonly kind: ReviewKind; readonly title: string }>

export type Rule = keyof typeof RULES

/** One thing that is true of one place in the reviewed tree. */
export interface Finding {
  readonly rule: Rule
  readonly kind: ReviewKind
  readonly severity: Severity
  /** Relative to the reviewed root, with forward slashes. */
  readonly path: string
  /** Counted from 1. */
  readonly line: number
  readonly message: string
  /** What was seen there; secrets are masked. At most {@link TEXT_CHARS_MAX} characters, like the message. */
  readonly evidence?: string
}

export const TEXT_CHARS_MAX = 300

interface FindingParts extends Omit<Finding, 'kind' | 'evidence'> {
  readonly evidence?: string | undefined
}

export function finding({ rule, severity, path, line, message, evidence }: FindingParts): Finding {
  const base = { rule, kind: RULES[rule].kind, severity, path, line, message: clip(message) }
  return evidence === undefined ? base : { ...base, evidence: clip(evidence) }
}

/** Worst first, then by place; a total order, so that equal inputs always print alike. */
export function compareFindings(a: Finding, b: Finding): number {
  return (
    SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
    compareText(a.path, b.path) ||
    a.line - b.line ||
    compareText(a.rule, b.rule) ||
    compareText(a.message, b.message)
  )
}

/** By code unit: the same order under every locale. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

function clip(text: string): string {
  return text.length <= TEXT_CHARS_MAX ? text : `${cutText(text, TEXT_CHARS_MAX - 1)}…`
}
