import { dirname } from 'node:path/posix'
import { parseSync } from 'oxc-parser'
import { LineIndex } from '../source/lines.ts'
import { walk } from '../source/walk.ts'

export const DEPENDENCY_SECTIONS = [
  'dependencies',
  'devDependencies',
  'optionalDependencies',
  'peerDependencies',
] as const
export type DependencySection = (typeof DEPENDENCY_SECTIONS)[number]

export interface Dependency {
  readonly name: string
  readonly section: DependencySection
  /** What the manifest asks for: a range, a tag, a URL, a path. */
  readonly wanted: string
  readonly line: number
}

export interface Manifest {
  readonly path: string
  /** Folder of the manifest, `''` at the root. */
  readonly folder: string
  readonly fields: Readonly<Record<string, unknown>>
  readonly dependencies: readonly Dependency[]
  /** Line of a top-level field, or 1. */
  lineOf(field: string): number
}

/** Undefined when the text is not a JSON object. */
export function parseManifest(path: string, text: string): Manifest | undefined {
  const fields = parseJsonObject(text)
  if (!fields) return undefined
  const lines = locateKeys(text)
  const dependencies = DEPENDENCY_SECTIONS.flatMap((section) =>
    Object.entries(asRecord(fields[section])).flatMap(([name, wanted]) =>
      typeof wanted === 'string'
        ? [{ name, section, wanted, line: lines.get(`${section}\0${name}`) ?? 1 }]
        : [],
    ),
  )
  const folder = dirname(path) === '.' ? '' : dirname(path)
  return { path, folder, fields, dependencies, lineOf: (field) => lines.get(field) ?? 1 }
}

export function parseJsonObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? asRecord(value) : undefined
  } catch {
    return undefined
  }
}

export function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}

export function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/**
 * Some packages hold a bare `{"type": "module"}` that only switches the module system of a folder: that is
 * no package of its own, and the manifest above it goes on to rule.
 */
export function isPackage(manifest: Manifest): boolean {
  return manifest.fields['name'] !== undefined || manifest.dependencies.length > 0
}

/** Lines of the keys of the first two levels; JSON is JavaScript, so its parser knows the places. */
function locateKeys(text: string): ReadonlyMap<string, number> {
  const prefix = '('
  const { program } = parseSync('manifest.js', `${prefix}${text})`, { preserveParens: false })
  const index = new LineIndex(text)
  const lines = new Map<string, number>()
  walk(program, {
    enter(node, ancestors) {
      if (node.type !== 'Property' || node.key.type !== 'Literal') return
      const above = ancestors.flatMap((ancestor) =>
        ancestor.type === 'Property' && ancestor.key.type === 'Literal' ? [String(ancestor.key.value)] : [],
      )
      if (above.length > 1) return
      lines.set([...above, String(node.key.value)].join('\0'), index.lineAt(node.start - prefix.length))
    },
  })
  return lines
}
