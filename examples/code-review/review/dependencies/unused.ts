import { posix } from 'node:path'
import { type Finding, finding } from '../finding.ts'
import { isLockfile, isMarkdown, isScript } from '../path-class.ts'
import type { SourceTree } from '../tree.ts'
import { asRecord, DEPENDENCY_SECTIONS, type Dependency, type Manifest, parseJsonObject } from './manifest.ts'

/** Injected by compilers, or types only: imported by no source that one can read. */
const NEVER_IMPORTED =
  /^@types\/|^tslib$|^@babel\/runtime|^regenerator-runtime$|^core-js|^@swc\/helpers$|^typescript$|[-/]cli$/

/**
 * Run-time dependencies that nothing in the package mentions. Development tools are left alone: they are
 * used in ways no source shows, and so are packages that bring a command.
 */
export async function findUnused(tree: SourceTree, manifest: Manifest): Promise<readonly Finding[]> {
  const paths = pathsOf(tree, manifest)
  if (!paths.some(isScript)) return []
  const unseen = await importableDependencies(tree, manifest)
  for (const path of paths) {
    if (unseen.size === 0) return []
    if (path === manifest.path || isMarkdown(path) || isLockfile(path)) continue
    const text = await tree.readText(path)
    // A bundle too large to read may import anything.
    if (text === undefined && isScript(path)) return []
    deleteMentioned(unseen, path, text ?? '')
  }
  return [...unseen.values()].map((dependency) => unused(manifest, dependency))
}

function deleteMentioned(unseen: Map<string, Dependency>, path: string, text: string): void {
  for (const name of unseen.keys()) if (mentions(path, text, name)) unseen.delete(name)
}

function pathsOf(tree: SourceTree, { folder }: Manifest): readonly string[] {
  return folder === '' ? tree.allPaths : tree.allPaths.filter((path) => path.startsWith(`${folder}/`))
}

async function importableDependencies(
  tree: SourceTree,
  manifest: Manifest,
): Promise<Map<string, Dependency>> {
  const isPeer = (name: string) =>
    manifest.dependencies.some((other) => other.name === name && other.section === 'peerDependencies')
  const ownText = JSON.stringify(
    Object.entries(manifest.fields).filter(([field]) => !SILENT_FIELDS.has(field)),
  )
  const importable = new Map<string, Dependency>()
  for (const dependency of manifest.dependencies) {
    const { name, section } = dependency
    if (section !== 'dependencies' || isPeer(name) || NEVER_IMPORTED.test(name)) continue
    if (!isWordIn(ownText, name) && !(await bringsCommand(tree, manifest, name)))
      importable.set(name, dependency)
  }
  return importable
}

/** Fields of a manifest in which a package's name does not mean that it is used. */
const SILENT_FIELDS = new Set<string>([
  ...DEPENDENCY_SECTIONS,
  'bundledDependencies',
  'keywords',
  'description',
  'overrides',
])

async function bringsCommand(tree: SourceTree, manifest: Manifest, name: string): Promise<boolean> {
  const text = await tree.readMetadata(posix.join(manifest.folder, 'node_modules', name, 'package.json'))
  return text !== undefined && asRecord(parseJsonObject(text))['bin'] !== undefined
}

function mentions(path: string, text: string, name: string): boolean {
  if (!text.includes(name)) return false
  if (!isScript(path)) return isWordIn(text, name)
  return ["'", '"', '`', '/'].some((before) =>
    ["'", '"', '`', '/'].some((after) => text.includes(before + name + after)),
  )
}

function isWordIn(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + 1)) {
    const isWhole = !/[\w-]/.test(text.charAt(at - 1)) && !/[\w-]/.test(text.charAt(at + word.length))
    if (isWhole) return true
  }
  return false
}

function unused(manifest: Manifest, { name, line, wanted }: Dependency): Finding {
  return finding({
    rule: 'unused_dependency',
    severity: 'low',
    path: manifest.path,
    line,
    message: `${name} is a run-time dependency that no source imports and no script or setting mentions`,
    evidence: `"${name}": "${wanted}"`,
  })
}
