import { posix } from 'node:path'
import { isGenerated, isManifest, isScript } from '../path-class.ts'
import { breathe, oncePerTree, type SourceTree } from '../tree.ts'
import { type PackageImport, packageImports } from './imports.ts'
import { foldersUpwards } from './lockfile.ts'
import { isPackage, type Manifest, parseManifest } from './manifest.ts'

export interface ImportPlace extends PackageImport {
  readonly path: string
}

/** Which packages a tree holds, and what the sources of each import. */
export interface PackageMap {
  /** By folder; `''` is the root. */
  readonly manifests: ReadonlyMap<string, Manifest>
  /** By the folder of the package they belong to: that of the nearest manifest above. */
  readonly imports: ReadonlyMap<string, readonly ImportPlace[]>
  /** Names that build settings or ambient declarations give to something else than a package. */
  isAlias(name: string): boolean
}

export const packageMapOf = oncePerTree(buildPackageMap)

async function buildPackageMap(tree: SourceTree): Promise<PackageMap> {
  const manifests = await readManifests(tree)
  const imports = new Map<string, ImportPlace[]>()
  const ambient = new Set<string>()
  for (const path of tree.paths.filter(isScript)) {
    const text = (await tree.readText(path)) ?? ''
    for (const [, name] of text.matchAll(/\bdeclare\s+module\s+["']([^"'*]+)/g)) if (name) ambient.add(name)
    const owner = owningFolder(manifests, path)
    // A bundle carries what it requires, or leaves it to the page.
    if (owner === undefined || isGenerated(path, text)) continue
    const places = imports.get(owner) ?? []
    places.push(...packageImports(path, text).map((imported) => ({ ...imported, path })))
    imports.set(owner, places)
    await breathe()
  }
  const settings = await readSettings(tree)
  const isAlias = (name: string) => ambient.has(name) || settings.some((text) => definesAlias(text, name))
  return { manifests, imports, isAlias }
}

async function readSettings(tree: SourceTree): Promise<readonly string[]> {
  const texts = await Promise.all(tree.paths.filter(isSettings).map((path) => tree.readText(path)))
  return texts.filter((text) => text !== undefined)
}

async function readManifests(tree: SourceTree): Promise<ReadonlyMap<string, Manifest>> {
  const manifests = new Map<string, Manifest>()
  for (const path of tree.allPaths.filter(isManifest)) {
    const text = await tree.readText(path)
    const manifest = text === undefined ? undefined : parseManifest(path, text)
    if (manifest && isPackage(manifest)) manifests.set(manifest.folder, manifest)
  }
  return manifests
}

function owningFolder(manifests: ReadonlyMap<string, Manifest>, path: string): string | undefined {
  const folder = posix.dirname(path)
  return foldersUpwards(folder === '.' ? '' : folder).find((above) => manifests.has(above))
}

/** As a key (`"name": …`, `'name/*': …`, `name: …`) or as the text to look for (`find: 'name'`). */
function definesAlias(settings: string, name: string): boolean {
  const literal = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`(?<![\\w/@-])${literal}(?:/\\*?)?["']?\\s*:|\\bfind:\\s*["'/^]+${literal}\\b`).test(
    settings,
  )
}

/** Where compilers, bundlers and test runners define their aliases. */
function isSettings(path: string): boolean {
  return /(?:^|\/)[tj]sconfig[^/]*\.json$|\.config\.[mc]?[jt]s$|(?:^|\/)\.babelrc/.test(path)
}
