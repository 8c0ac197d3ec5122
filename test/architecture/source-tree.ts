import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path/posix'
import { parseSync, type StaticExportEntry } from 'oxc-parser'
import { timerDelays } from './timer-delays.ts'

/** One import of a file, static or dynamic, type-only or not. */
export interface ImportEdge {
  /** As written: `./lease.ts`, `#domain/ids.ts`, `node:fs`, `fastify`. */
  readonly specifier: string
  /** The imported file, from the project's root, when it is one of ours. */
  readonly target: string | undefined
  /** False when nothing of it is left after compiling: a browser or Node never loads it. */
  readonly loadsAtRunTime: boolean
}

/** What the architecture rules need to know of a source file. */
export interface SourceFile {
  /** From the project's root, with forward slashes. */
  readonly path: string
  readonly lineCount: number
  readonly imports: readonly ImportEdge[]
  readonly hasDefaultExport: boolean
  /** `export … from …`, what makes a file a barrel. */
  readonly reExports: readonly string[]
  readonly hasStarExport: boolean
  readonly readsEnvironment: boolean
  /** The delays of the platform's timers it sets, as they are written. */
  readonly timerDelays: readonly string[]
}

/** Every TypeScript file below a folder of the project, sorted by path. */
export function readSourceTree(root: string, folder: string): SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts') && !name.includes('node_modules'))
    .map((name) => join(folder, name.replaceAll('\\', '/')))
    .toSorted()
    .map((path) => parseSource(path, readFileSync(join(root, path), 'utf8')))
}

/** @throws Error when the text is not TypeScript: a file that cannot be read would pass every rule. */
export function parseSource(path: string, text: string): SourceFile {
  const { module, program, comments, errors } = parseSync(path, text)
  const [firstError] = errors
  if (firstError) throw new Error(`${path}: ${firstError.message}`)
  const exported = module.staticExports.flatMap((statement) => statement.entries)
  const reExported = exported.filter((entry) => entry.moduleRequest !== null)
  return {
    path,
    lineCount: text.trimEnd().split('\n').length,
    imports: [
      ...module.staticImports.map(({ moduleRequest, start, end }) =>
        edge(path, moduleRequest.value, !isErased(text.slice(start, end))),
      ),
      ...module.staticExports.flatMap(({ entries, start, end }) =>
        // Every entry of one statement names the same module, if any.
        entries
          .slice(0, 1)
          .flatMap(({ moduleRequest }) =>
            moduleRequest ? [edge(path, moduleRequest.value, !isErased(text.slice(start, end)))] : [],
          ),
      ),
      ...module.dynamicImports.map(({ moduleRequest }) => {
        const literal = text.slice(moduleRequest.start, moduleRequest.end)
        return edge(path, literal.replaceAll(/^['"`]|['"`]$/g, ''), true)
      }),
    ],
    hasDefaultExport: exported.some(isDefault),
    reExports: reExported.map((entry) => entry.moduleRequest?.value ?? ''),
    hasStarExport: exported.some(isStar),
    readsEnvironment: mentionsEnvironment(blankOut(text, comments)),
    timerDelays: timerDelays(program, text),
  }
}

/** `import type …` vanishes when compiled; `import { type … }` does not, and still loads the module. */
function isErased(statement: string): boolean {
  return /^(?:import|export)\s+type\s*[{*]|^import\s+type\s+(?!from\b)\w/.test(statement)
}

function edge(from: string, specifier: string, loadsAtRunTime: boolean): ImportEdge {
  return { specifier, target: resolve(from, specifier), loadsAtRunTime }
}

function resolve(from: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return join(dirname(from), specifier)
  if (specifier.startsWith('#')) return join('src', specifier.slice(1))
  return undefined
}

function isDefault({ exportName }: StaticExportEntry): boolean {
  const kind: string = exportName.kind
  return kind === 'Default' || exportName.name === 'default'
}

function isStar({ importName }: StaticExportEntry): boolean {
  const kind: string = importName.kind
  return kind === 'All' || kind === 'AllButDefault'
}

function mentionsEnvironment(code: string): boolean {
  return (
    /\bprocess\s*(?:\?\.|\.)\s*env\b/.test(code) ||
    /\bprocess\s*(?:\?\.)?\s*\[\s*['"`]env/.test(code) ||
    /\{[^}]*\benv\b[^}]*\}\s*(?:=\s*process\b|from\s*['"](?:node:)?process['"])/.test(code)
  )
}

function blankOut(text: string, spans: readonly { start: number; end: number }[]): string {
  let rest = text
  for (const { start, end } of spans) {
    rest = rest.slice(0, start) + ' '.repeat(end - start) + rest.slice(end)
  }
  return rest
}
