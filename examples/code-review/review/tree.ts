import { open, realpath, stat } from 'node:fs/promises'
import { isAbsolute, join, relative, resolve, sep } from 'node:path'
import { listFiles } from './list-files.ts'
import { isLockfile, isOutput } from './path-class.ts'

/** Longer files are data or bundles; reading one would hold an agent for seconds. */
export const FILE_BYTES_MAX = 512 * 1024
const LOCKFILE_BYTES_MAX = 32 * 1024 * 1024
const FILES_MAX_DEFAULT = 2_000

export interface TreeOptions {
  /** Most files to review, the first in path order. Default 2 000. */
  readonly filesMax?: number
}

/**
 * A read-only look at one source tree. Every path is relative to {@link root} with forward slashes, and
 * whatever leads outside, through `..` or a symbolic link, is answered as if it did not exist.
 */
export interface SourceTree {
  /** Absolute, with symbolic links resolved. */
  readonly root: string
  /** Text files to review, sorted. */
  readonly paths: readonly string[]
  /** Every regular file, build output and binaries included, sorted. */
  readonly allPaths: readonly string[]
  /** How many files were left out because of `filesMax`. */
  readonly omittedCount: number
  kindOf(path: string): Promise<'file' | 'folder' | undefined>
  /** Undefined when there is no such text: missing, outside, a folder, binary or too large. */
  readText(path: string): Promise<string | undefined>
  /** The same for lockfiles, which are large, and manifests of installed packages. */
  readMetadata(path: string): Promise<string | undefined>
}

/** @throws when `directory` is missing or not a folder. */
export async function openTree(directory: string, options: TreeOptions = {}): Promise<SourceTree> {
  const root = await realpath(resolve(directory))
  if (!(await stat(root)).isDirectory()) throw new Error(`${directory} is not a folder`)
  const allPaths = await listFiles(root)
  const texts: string[] = []
  for (const path of allPaths) {
    if (isLockfile(path) || isOutput(path)) continue
    if ((await readTextFile(root, path, FILE_BYTES_MAX)) !== undefined) texts.push(path)
  }
  const paths = texts.slice(0, options.filesMax ?? FILES_MAX_DEFAULT)
  return {
    root,
    paths,
    allPaths,
    omittedCount: texts.length - paths.length,
    kindOf: (path) => kindOf(root, path),
    readText: (path) => readTextFile(root, path, FILE_BYTES_MAX),
    readMetadata: (path) => readTextFile(root, path, LOCKFILE_BYTES_MAX),
  }
}

/**
 * Builds something from a whole tree once, however many files then ask for it. A build that failed is
 * forgotten, so that the next file tries again.
 */
export function oncePerTree<T>(build: (tree: SourceTree) => Promise<T>): (tree: SourceTree) => Promise<T> {
  const built = new WeakMap<SourceTree, Promise<T>>()
  return (tree) => {
    const known = built.get(tree)
    if (known) return known
    const fresh = build(tree)
    built.set(tree, fresh)
    fresh.catch(() => built.delete(tree))
    return fresh
  }
}

/** Lets heartbeats and sockets have their turn in the middle of long work on one thread. */
export function breathe(): Promise<void> {
  return new Promise((done) => setImmediate(done))
}

async function kindOf(root: string, path: string): Promise<'file' | 'folder' | undefined> {
  const real = await resolveInside(root, path)
  if (real === undefined) return undefined
  const found = await stat(real).catch(() => undefined)
  if (found?.isDirectory()) return 'folder'
  return found?.isFile() ? 'file' : undefined
}

async function readTextFile(root: string, path: string, bytesMax: number): Promise<string | undefined> {
  const real = await resolveInside(root, path)
  if (real === undefined) return undefined
  try {
    const file = await open(real, 'r')
    try {
      const found = await file.stat()
      if (!found.isFile() || found.size > bytesMax) return undefined
      return decodeText(await file.readFile())
    } finally {
      await file.close()
    }
  } catch {
    // Vanished or closed to us since it was listed: not a text we can review.
    return undefined
  }
}

async function resolveInside(root: string, path: string): Promise<string | undefined> {
  const wanted = join(root, path)
  if (path.includes('\0') || !isInside(root, wanted)) return undefined
  const real = await realpath(wanted).catch(() => undefined)
  return real !== undefined && isInside(root, real) ? real : undefined
}

function isInside(root: string, target: string): boolean {
  const way = relative(root, target)
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

/** UTF-8 without its byte order mark; a zero byte or a broken sequence means it is no text. */
function decodeText(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}
