import { posix } from 'node:path'
import { type Finding, finding, type Severity } from '../finding.ts'
import type { SourceTree } from '../tree.ts'
import { classifyLicence, licenceOf } from './licences.ts'
import { foldersUpwards, type LockedPackage, type Lockfile } from './lockfile.ts'
import { type Manifest, parseJsonObject } from './manifest.ts'

/** Whether npm's lockfile still fits the manifest; `npm ci` refuses when it does not. */
export function reviewLockedRanges(manifest: Manifest, lockfile: Lockfile): readonly Finding[] {
  const folder = posix.relative(`/${lockfile.folder}`, `/${manifest.folder}`)
  return manifest.dependencies.flatMap(({ name, section, wanted, line }) => {
    const locked = lockfile.wantedBy(folder, section)
    // A folder the lockfile does not know is no workspace: nothing is installed for it from there.
    if (section === 'peerDependencies' || (!locked && !lockfile.locations.has(folder))) return []
    const lockedWanted = locked?.[name]
    if (
      lockedWanted === wanted &&
      (section === 'optionalDependencies' || isInstalled(lockfile, folder, name))
    )
      return []
    const isMissing = typeof lockedWanted !== 'string' || lockedWanted === wanted
    const message = isMissing
      ? `${name} is not in ${lockfile.path}`
      : `${name} is ${wanted} here, but ${lockedWanted} in ${lockfile.path}`
    const rule = isMissing ? 'lock_missing_entry' : 'lock_out_of_date'
    return [
      finding({
        rule,
        severity: 'high',
        path: manifest.path,
        line,
        message,
        evidence: `"${name}": "${wanted}"`,
      }),
    ]
  })
}

function isInstalled(lockfile: Lockfile, folder: string, name: string): boolean {
  return foldersUpwards(folder).some((above) =>
    lockfile.locations.has(posix.join(above, 'node_modules', name)),
  )
}

/** Deprecated packages, and licences that ask something of whoever ships them. */
export async function reviewLockedPackages(tree: SourceTree, manifest: Manifest, lockfile: Lockfile) {
  const found: Finding[] = []
  for (const locked of lockfile.packages) {
    found.push(...deprecation(manifest, locked))
    // What only developers run is not shipped, so its licence asks nothing.
    if (!locked.isDevelopmentOnly)
      found.push(...(await licenceFindings(tree, manifest, lockfile.folder, locked)))
  }
  return found
}

/** The same licence check where there is no lockfile but the packages are installed; direct dependencies only. */
export async function reviewInstalledLicences(
  tree: SourceTree,
  manifest: Manifest,
): Promise<readonly Finding[]> {
  const found: Finding[] = []
  for (const { name, section } of manifest.dependencies) {
    if (section !== 'dependencies' && section !== 'optionalDependencies') continue
    const location = posix.join('node_modules', name)
    const installed = await readInstalled(tree, posix.join(manifest.folder, location))
    if (!installed) continue
    const version = typeof installed['version'] === 'string' ? installed['version'] : ''
    const licence = licenceOf(installed)
    const locked = { name, version, location, licence, deprecation: undefined, isDevelopmentOnly: false }
    found.push(...(await licenceFindings(tree, manifest, manifest.folder, locked)))
  }
  return found
}

function deprecation(manifest: Manifest, locked: LockedPackage): readonly Finding[] {
  if (locked.deprecation === undefined) return []
  const isDirect = isDirectDependency(manifest, locked)
  const severity: Severity = locked.isDevelopmentOnly ? 'info' : isDirect ? 'medium' : 'low'
  const how = isDirect ? '' : ', which other packages bring in,'
  const message = `${locked.name}@${locked.version}${how} is deprecated: ${locked.deprecation}`
  return [
    finding({
      rule: 'deprecated_package',
      severity,
      path: manifest.path,
      line: lineOf(manifest, locked),
      message,
    }),
  ]
}

async function licenceFindings(tree: SourceTree, manifest: Manifest, folder: string, locked: LockedPackage) {
  const place = { path: manifest.path, line: lineOf(manifest, locked) }
  const packageFolder = posix.join(folder, locked.location)
  const installed = locked.licence === undefined ? await readInstalled(tree, packageFolder) : undefined
  const licence = locked.licence ?? (installed && licenceOf(installed))
  if (licence !== undefined) return judgeLicence(place, `${locked.name}@${locked.version}`, licence)
  // Without the installed package the lockfile's silence proves nothing: npm 7 did not record licences.
  if (!installed || (await hasLicenceFile(tree, packageFolder))) return []
  const message = `${locked.name}@${locked.version} names no licence and ships no licence file`
  return [finding({ rule: 'license_unknown', severity: 'medium', ...place, message })]
}

interface Place {
  readonly path: string
  readonly line: number
}

function judgeLicence(place: Place, who: string, licence: string): readonly Finding[] {
  const unknown = { rule: 'license_unknown', ...place } as const
  const copyleft = { rule: 'license_copyleft', ...place } as const
  switch (classifyLicence(licence)) {
    case 'strong_copyleft': {
      const message = `${who} is under ${licence}: what is shipped with it falls under it too`
      return [finding({ ...copyleft, severity: 'medium', message })]
    }
    case 'weak_copyleft':
      return [
        finding({
          ...copyleft,
          severity: 'info',
          message: `${who} is under ${licence}: changes to it must be published`,
        }),
      ]
    case 'proprietary':
      return [finding({ ...unknown, severity: 'low', message: `${who} has terms of its own: ${licence}` })]
    case 'invalid':
      return [
        finding({
          ...unknown,
          severity: 'info',
          message: `${who} names a licence that is not SPDX: ${licence}`,
        }),
      ]
    default:
      return []
  }
}

async function readInstalled(tree: SourceTree, folder: string) {
  const text = await tree.readMetadata(posix.join(folder, 'package.json'))
  return text === undefined ? undefined : parseJsonObject(text)
}

export async function hasLicenceFile(tree: SourceTree, folder: string): Promise<boolean> {
  const names = ['LICENSE', 'LICENCE', 'COPYING', 'license', 'UNLICENSE', 'LICENSE-MIT', 'MIT-LICENSE']
  for (const name of names.flatMap((base) => [base, `${base}.md`, `${base}.txt`])) {
    if ((await tree.kindOf(posix.join(folder, name))) === 'file') return true
  }
  return false
}

function isDirectDependency(manifest: Manifest, locked: LockedPackage): boolean {
  const isTop = locked.location === `node_modules/${locked.name}`
  return isTop && manifest.dependencies.some(({ name }) => name === locked.name)
}

function lineOf(manifest: Manifest, locked: LockedPackage): number {
  const direct = isDirectDependency(manifest, locked)
    ? manifest.dependencies.find(({ name }) => name === locked.name)
    : undefined
  return direct?.line ?? manifest.lineOf('dependencies')
}
