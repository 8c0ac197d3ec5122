import { isBuiltin } from 'node:module'
import { posix } from 'node:path'
import { compareText, type Finding, finding } from '../finding.ts'
import { isSamplePath, isTestPath } from '../path-class.ts'
import type { SourceTree } from '../tree.ts'
import { foldersUpwards } from './lockfile.ts'
import { asRecord, asText, type Manifest } from './manifest.ts'
import { type ImportPlace, type PackageMap, packageMapOf } from './package-map.ts'

/** Packages that the sources of a package import, but neither it nor a package around it declares. */
export async function findUndeclared(tree: SourceTree, manifest: Manifest): Promise<readonly Finding[]> {
  const map = await packageMapOf(tree)
  const known = knownNames(manifest, map)
  const byName = new Map<string, ImportPlace[]>()
  for (const place of map.imports.get(manifest.folder) ?? []) {
    if (!isExpected(place, known, map)) byName.set(place.name, [...(byName.get(place.name) ?? []), place])
  }
  const found: Finding[] = []
  for (const [name, places] of [...byName].toSorted(([a], [b]) => compareText(a, b))) {
    if (!(await isOwnFolder(tree, manifest, name))) found.push(undeclared(manifest, name, places))
  }
  return found
}

function isExpected(
  { name, path, isOptional }: ImportPlace,
  known: ReadonlySet<string>,
  map: PackageMap,
): boolean {
  if (known.has(name) || known.has(typesPackage(name)) || isBuiltin(name)) return true
  return isOptional || isFixture(path) || map.isAlias(name)
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
