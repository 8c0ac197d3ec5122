import { isBuiltin } from 'node:module'
import { posix } from 'node:path'
import { compareText, type Finding, finding } from '../finding.ts'
import { isLockfile, isMarkdown, isSamplePath, isScript, isTestPath } from '../path-class.ts'
import type { SourceTree } from '../tree.ts'
import { foldersUpwards } from './lockfile.ts'
import { asRecord, asText, DEPENDENCY_SECTIONS, type Dependency, type Manifest } from './manifest.ts'
import { type ImportPlace, type PackageMap, packageMapOf } from './package-map.ts'

/** Packages imported but not declared, and declared but not imported. */
export async function reviewUsage(tree: SourceTree, manifest: Manifest): Promise<readonly Finding[]> {
  const map = await packageMapOf(tree)
  return [...(await findUndeclared(tree, manifest, map)), ...(await findUnused(tree, manifest))]
}

async function findUndeclared(
  tree: SourceTree,
  manifest: Manifest,
  map: PackageMap,
): Promise<readonly Finding[]> {
  const byName = new Map<string, ImportPlace[]>()
  const known = knownNames(manifest, map)
  for (const place of map.imports.get(manifest.folder) ?? []) {
    const { name, path, isOptional } = place
    if (isOptional || isFixture(path) || isBuiltin(name) || known.has(name) || map.isAlias(name)) continue
    if (known.has(typesPackage(name))) continue
    byName.set(name, [...(byName.get(name) ?? []), place])
  }
  const found: Finding[] = []
  for (const [name, places] of [...byName].sort(([a], [b]) => compareText(a, b))) {
    if (!(await isOwnFolder(tree, manifest, name))) found.push(undeclared(manifest, name, places))
  }
  return found
}

/** What Node would find from this package: its own dependencies, those of packages around it, workspaces. */
function knownNames(manifest: Manifest, map: PackageMap): ReadonlySet<string> {
  const names = new Set<string>()
  for (const folder of foldersUpwards(manifest.folder)) {
    const above = map.manifests.get(folder)
    for (const { name } of above?.dependencies ?? []) names.add(name)
    for (const name of Object.keys(asRecord(above?.fields['peerDependenciesMeta']))) names.add(name)
    for (const engine of Object.keys(asRecord(above?.fields['engines']))) names.add(engine)
  }
  for (const { fields } of map.manifests.values()) {
    const name = asText(fields['name'])
    if (name !== undefined) names.add(name)
  }
  return names
}

function typesPackage(name: string): string {
  return `@types/${name.replace(/^@/, '').replace('/', '__')}`
}

/** `import 'components/button'` under a base folder that the build settings name. */
async function isOwnFolder(tree: SourceTree, manifest: Manifest, name: string): Promise<boolean> {
  for (const base of [manifest.folder, posix.join(manifest.folder, 'src')]) {
    if ((await tree.kindOf(posix.join(base, name))) !== undefined) return true
  }
  return false
}

function undeclared(manifest: Manifest, name: string, places: readonly ImportPlace[]): Finding {
  const serious = places.find(({ path }) => !isTestPath(path) && !isSamplePath(path))
  const first = serious ?? places[0]
  const fileCount = new Set(places.map(({ path }) => path)).size
  const others = fileCount > 1 ? ` and in ${fileCount - 1} other file${fileCount > 2 ? 's' : ''}` : ''
  return finding({
    rule: 'undeclared_dependency',
    severity: serious ? 'medium' : 'low',
    path: manifest.path,
    line: manifest.lineOf('dependencies'),
    message: `${name} is imported at ${first?.path}:${first?.line}${others}, but not declared`,
    evidence: `'${first?.specifier}'`,
  })
}

function isFixture(path: string): boolean {
  return /(?:^|\/)(?:_*fixtures?_*|__mocks__|testdata|templates?|snapshots?)\//i.test(path)
}

/** Injected by compilers, or types only: imported by no source that one can read. */
const NEVER_IMPORTED =
  /^@types\/|^tslib$|^@babel\/runtime|^regenerator-runtime$|^core-js|^@swc\/helpers$|^typescript$/

/** Only run-time dependencies: development tools are used in ways no source shows. */
async function findUnused(tree: SourceTree, manifest: Manifest): Promise<readonly Finding[]> {
  const inFolder =
    manifest.folder === ''
      ? tree.allPaths
      : tree.allPaths.filter((path) => path.startsWith(`${manifest.folder}/`))
  if (!inFolder.some(isScript)) return []
  const peers = new Set(
    manifest.dependencies.filter(({ section }) => section === 'peerDependencies').map(({ name }) => name),
  )
  const unseen = new Map<string, Dependency>()
  for (const dependency of manifest.dependencies) {
    const { name, section } = dependency
    if (section === 'dependencies' && !peers.has(name) && !NEVER_IMPORTED.test(name))
      unseen.set(name, dependency)
  }
  const ownText = JSON.stringify(Object.entries(manifest.fields).filter(([key]) => !isDependencyField(key)))
  for (const name of await usedByManifest(tree, manifest, ownText, unseen.keys())) unseen.delete(name)
  for (const path of inFolder) {
    if (unseen.size === 0) return []
    if (path === manifest.path || isMarkdown(path) || isLockfile(path)) continue
    const text = await tree.readText(path)
    // A bundle too large to read may import anything.
    if (text === undefined && isScript(path)) return []
    for (const name of unseen.keys())
      if (text !== undefined && mentions(path, text, name)) unseen.delete(name)
  }
  return [...unseen.values()].map(({ name, line, wanted }) =>
    finding({
      rule: 'unused_dependency',
      severity: 'low',
      path: manifest.path,
      line,
      message: `${name} is a run-time dependency that no source imports and no script or setting mentions`,
      evidence: `"${name}": "${wanted}"`,
    }),
  )
}

function isDependencyField(key: string): boolean {
  return (
    (DEPENDENCY_SECTIONS as readonly string[]).includes(key) ||
    key === 'bundledDependencies' ||
    key === 'keywords' ||
    key === 'description'
  )
}

/** Packages whose name or command a script or tool setting in the manifest mentions. */
async function usedByManifest(
  tree: SourceTree,
  manifest: Manifest,
  ownText: string,
  names: Iterable<string>,
) {
  const used: string[] = []
  for (const name of names) {
    const installed = await tree.readMetadata(
      posix.join(manifest.folder, 'node_modules', name, 'package.json'),
    )
    const bin = installed === undefined ? undefined : parseBin(installed)
    const commands = [name, name.split('/').at(-1) ?? name, ...Object.keys(asRecord(bin))]
    if (commands.some((command) => isWordIn(ownText, command))) used.push(name)
  }
  return used
}

function parseBin(text: string): unknown {
  try {
    const fields: unknown = JSON.parse(text)
    return asRecord(fields)['bin']
  } catch {
    return undefined
  }
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
    const around = `${text.charAt(at - 1)} ${text.charAt(at + word.length)}`
    if (!/[\w-]/.test(around.replace(' ', ''))) return true
  }
  return false
}
