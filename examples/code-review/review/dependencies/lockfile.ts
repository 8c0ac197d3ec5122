import type { SourceTree } from '../tree.ts'
import { asRecord, asText, parseJsonObject } from './manifest.ts'

/** One installed package, as npm's lockfile has it. */
export interface LockedPackage {
  readonly name: string
  readonly version: string
  /** Where npm puts it, relative to the lockfile: `node_modules/a/node_modules/b`. */
  readonly location: string
  readonly licence: string | undefined
  readonly deprecation: string | undefined
  readonly isDevelopmentOnly: boolean
}

export interface Lockfile {
  readonly path: string
  /** Folder of the lockfile, `''` at the root. */
  readonly folder: string
  readonly packages: readonly LockedPackage[]
  /** Locations of all packages, links to workspaces included. */
  readonly locations: ReadonlySet<string>
  /** What the lockfile says the manifest in this folder (relative to the lockfile) asked for. */
  wantedBy(folder: string, section: string): Readonly<Record<string, unknown>> | undefined
}

const NPM_LOCKFILES = ['package-lock.json', 'npm-shrinkwrap.json']
const OTHER_LOCKFILES = ['yarn.lock', 'pnpm-lock.yaml', 'bun.lock', 'bun.lockb']

/** npm's lockfile for a manifest: the one beside it, or, for a workspace, the nearest above. */
export async function findLockfile(tree: SourceTree, folder: string): Promise<Lockfile | undefined> {
  for (const above of foldersUpwards(folder)) {
    for (const name of NPM_LOCKFILES) {
      const path = above === '' ? name : `${above}/${name}`
      const text = await tree.readMetadata(path)
      const lockfile = text === undefined ? undefined : readLockfile(path, above, text)
      if (lockfile) return lockfile
    }
  }
  return undefined
}

/** True when any package manager has a lockfile for this folder. */
export async function hasLockfile(tree: SourceTree, folder: string): Promise<boolean> {
  for (const above of foldersUpwards(folder)) {
    for (const name of [...NPM_LOCKFILES, ...OTHER_LOCKFILES]) {
      if ((await tree.kindOf(above === '' ? name : `${above}/${name}`)) === 'file') return true
    }
  }
  return false
}

/** `a/b`, `a`, `''`. */
export function foldersUpwards(folder: string): readonly string[] {
  const segments = folder === '' ? [] : folder.split('/')
  return [...segments.map((_, count) => segments.slice(0, segments.length - count).join('/')), '']
}

/** Reads lockfile versions 2 and 3 (npm 7 and later); version 1 has neither licences nor locations. */
function readLockfile(path: string, folder: string, text: string): Lockfile | undefined {
  const entries = Object.entries(asRecord(parseJsonObject(text)?.['packages']))
  if (entries.length === 0) return undefined
  const byLocation = new Map(entries.map(([location, entry]) => [location, asRecord(entry)]))
  const packages = [...byLocation].flatMap(([location, entry]) => {
    const isInstalled = location.includes('node_modules/') && entry['link'] !== true
    return isInstalled ? [lockedPackage(location, entry)] : []
  })
  return {
    path,
    folder,
    packages,
    locations: new Set(byLocation.keys()),
    wantedBy(manifestFolder, section) {
      const entry = byLocation.get(manifestFolder)
      return entry && asRecord(entry[section])
    },
  }
}

function lockedPackage(location: string, entry: Readonly<Record<string, unknown>>): LockedPackage {
  const at = location.lastIndexOf('node_modules/') + 'node_modules/'.length
  return {
    name: asText(entry['name']) ?? location.slice(at),
    version: asText(entry['version']) ?? '',
    location,
    licence: asText(entry['license']),
    deprecation: asText(entry['deprecated']),
    isDevelopmentOnly: entry['dev'] === true,
  }
}
