import { compareFindings, compareText, type Finding, SEVERITIES } from './finding.ts'

export interface RankedFinding extends Finding {
  /** 1 is what to look at first. */
  readonly rank: number
  /** How many files the same rule was broken in: a habit weighs more than an accident. */
  readonly spread: number
}

/**
 * Merges findings of any number of reviews into one list: worst first, then what is most widespread, then
 * by place. Repeated findings count once; the order of the input does not matter.
 */
export function rankFindings(findings: readonly Finding[]): readonly RankedFinding[] {
  const distinct = [...new Map(findings.map((found) => [identity(found), found])).values()]
  const filesByRule = new Map<string, Set<string>>()
  for (const { rule, path } of distinct) {
    const files = filesByRule.get(rule) ?? new Set()
    filesByRule.set(rule, files.add(path))
  }
  return distinct
    .map((found) => ({ ...found, spread: filesByRule.get(found.rule)?.size ?? 0 }))
    .toSorted(
      (a, b) =>
        SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
        b.spread - a.spread ||
        compareText(a.rule, b.rule) ||
        compareFindings(a, b),
    )
    .map((found, index) => ({ ...found, rank: index + 1 }))
}

function identity({ rule, severity, path, line, message, evidence = '' }: Finding): string {
  return JSON.stringify([rule, severity, path, line, message, evidence])
}
