import { execFile } from 'node:child_process'
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** More than any tree a review finishes on; a larger one is cut off here, before memory grows. */
const FILES_LISTED_MAX = 50_000
const GIT_TIMEOUT_MS = 20_000
const NEVER_ENTERED = new Set(['node_modules', '.git'])

/**
 * Regular files below `root`, sorted, relative, with forward slashes. Inside a git work tree that is what
 * git would keep (tracked, or new and not ignored); anywhere else, and in folders that git ignores
 * altogether, it is everything. Symbolic links, `node_modules` and `.git` are left out.
 */
export async function listFiles(root: string): Promise<readonly string[]> {
  const fromGit = await listByGit(root)
  const paths = fromGit.length > 0 ? fromGit : await walk(root)
  return paths.toSorted().slice(0, FILES_LISTED_MAX)
}

async function listByGit(root: string): Promise<readonly string[]> {
  // The tree may come from anywhere, and its git configuration can name a program to run on `ls-files`.
  const safely = ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null']
  const listing = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const options = { cwd: root, maxBuffer: 64 * 1024 * 1024, timeout: GIT_TIMEOUT_MS }
  let listed: string
  try {
    listed = (await run('git', [...safely, ...listing], options)).stdout
  } catch {
    // No git, no repository, or one that git refuses to trust: the walk below needs none of them.
    return []
  }
  const candidates = [...new Set(listed.split('\0'))].filter((path) => path !== '' && !isBelowSkipped(path))
  const kept: string[] = []
  for (const path of candidates) if (await isRegularFile(join(root, path))) kept.push(path)
  return kept
}

async function walk(root: string): Promise<readonly string[]> {
  const found: string[] = []
  const folders = ['']
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    if (found.length >= FILES_LISTED_MAX) break
    for (const entry of await readFolder(join(root, folder))) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.isDirectory() && !NEVER_ENTERED.has(entry.name)) folders.push(path)
      else if (entry.isFile()) found.push(path)
    }
  }
  return found
}

async function readFolder(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true })
  } catch {
    // Removed or closed to us since its parent was read.
    return []
  }
}

function isBelowSkipped(path: string): boolean {
  return path.split('/').some((segment) => NEVER_ENTERED.has(segment))
}

/** git also lists files that were deleted, submodules, and symbolic links. */
async function isRegularFile(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isFile()
  } catch {
    return false
  }
}
