import { posix } from 'node:path'
import { type Finding, finding } from '../finding.ts'
import { isSamplePath, isTestPath } from '../path-class.ts'
import type { ReviewInput } from '../review-input.ts'
import type { SourceTree } from '../tree.ts'
import { classifyLicence, licenceOf } from './licences.ts'
import {
  hasLicenceFile,
  reviewInstalledLicences,
  reviewLockedPackages,
  reviewLockedRanges,
} from './locked.ts'
import { findLockfile, hasLockfile } from './lockfile.ts'
import { asText, isPackage, type Manifest, parseManifest } from './manifest.ts'
import { reviewSpecifiers, specifierKind } from './specifiers.ts'
import { findUndeclared } from './undeclared.ts'
import { findUnused } from './unused.ts'

/** A `package.json`: what it asks for, whether that is what the sources use, and under which licences. */
export async function reviewDependencies({ path, text, tree }: ReviewInput): Promise<readonly Finding[]> {
  const manifest = parseManifest(path, text)
  const isSample = isTestPath(path) || isSamplePath(path)
  if (!manifest) {
    const severity = isSample ? 'info' : 'high'
    return [finding({ rule: 'invalid_manifest', severity, path, line: 1, message: 'is not a JSON object' })]
  }
  if (!isPackage(manifest)) return []
  const specifiers = reviewSpecifiers(manifest)
  // Manifests of fixtures and examples are never installed or published on their own.
  if (isSample) return specifiers
  return [
    ...specifiers,
    ...(await reviewOwnLicence(tree, manifest)),
    ...(await findUndeclared(tree, manifest)),
    ...(await findUnused(tree, manifest)),
    ...(await reviewLocked(tree, manifest)),
  ]
}

async function reviewLocked(tree: SourceTree, manifest: Manifest): Promise<readonly Finding[]> {
  const lockfile = await findLockfile(tree, manifest.folder)
  if (!lockfile) {
    const ranges = (await hasLockfile(tree, manifest.folder)) ? [] : reviewUnlockedRanges(manifest)
    return [...ranges, ...(await reviewInstalledLicences(tree, manifest))]
  }
  const ranges = reviewLockedRanges(manifest, lockfile)
  // The packages of a workspace are told once, at the manifest beside the lockfile.
  if (lockfile.folder !== manifest.folder) return ranges
  return [...ranges, ...(await reviewLockedPackages(tree, manifest, lockfile))]
}

function reviewUnlockedRanges(manifest: Manifest): readonly Finding[] {
  const installed = manifest.dependencies.filter(({ section }) => section !== 'peerDependencies')
  const ranges = installed.filter(({ wanted }) => specifierKind(wanted) === 'range')
  if (ranges.length === 0) return []
  const message = `${ranges.length} of ${installed.length} dependencies are version ranges and there is no lockfile: two installs may differ`
  const line = ranges[0]?.line ?? 1
  return [finding({ rule: 'no_lockfile', severity: 'info', path: manifest.path, line, message })]
}

async function reviewOwnLicence(tree: SourceTree, manifest: Manifest): Promise<readonly Finding[]> {
  const { fields, path } = manifest
  // Without a version npm refuses to publish it.
  if (fields['private'] === true || fields['version'] === undefined) return []
  const licence = licenceOf(fields)
  if (licence === undefined) {
    const hasFile = await hasLicenceFile(tree, manifest.folder)
    const message = hasFile
      ? 'has no license field, only a licence file'
      : 'has neither a license field nor a licence file'
    const severity = hasFile ? 'low' : 'medium'
    return [finding({ rule: 'license_missing', severity, path, line: manifest.lineOf('name'), message })]
  }
  const problem = await licenceProblem(tree, manifest, licence)
  if (problem === undefined) return []
  const line = manifest.lineOf('license')
  return [
    finding({ rule: 'license_invalid', severity: 'low', path, line, message: problem, evidence: licence }),
  ]
}

async function licenceProblem(
  tree: SourceTree,
  manifest: Manifest,
  licence: string,
): Promise<string | undefined> {
  const file = /^SEE LICEN[CS]E IN (.+)$/i.exec(licence)?.[1]?.trim().replace(/^<|>$/g, '')
  if (file !== undefined) {
    const isThere = /^https?:/.test(file) || (await tree.kindOf(posix.join(manifest.folder, file))) === 'file'
    return isThere ? undefined : `names a licence file that does not exist: ${file}`
  }
  if (asText(manifest.fields['license']) === undefined)
    return 'gives its licence in a form that npm no longer reads'
  return classifyLicence(licence) === 'invalid' ? 'names a licence that is not an SPDX expression' : undefined
}
