import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeUsableDirectory } from './make-directory.ts'

export interface DirectoryLockOptions {
  /** Made where it is missing. */
  readonly directory: string
  /** The lock's name in it. */
  readonly fileName: string
  /** How the error calls the directory, for instance `data directory`. */
  readonly directoryName: string
  /** What holds such a directory, for instance `server`. */
  readonly holderName: string
}

/** Keeps a directory to one process. The file names the holder, so that a dead one's lock can be taken over. */
export class DirectoryLock {
  readonly #path: string
  readonly #holder: string

  private constructor(path: string, holder: string) {
    this.#path = path
    this.#holder = holder
  }

  /** @throws Error naming the process that has the directory */
  static acquire(options: DirectoryLockOptions): DirectoryLock {
    const { directory, fileName } = options
    makeUsableDirectory(directory, options.directoryName)
    const path = join(directory, fileName)
    const holder = `${process.pid} ${startTimeOf(process.pid) ?? ''}`.trim()
    while (!create(path, holder)) {
      const present = read(path)
      if (present !== undefined && isAlive(present)) throw inUse(options, present)
      if (present !== undefined) takeAway(path, present, options)
    }
    return new DirectoryLock(path, holder)
  }

  release(): void {
    if (read(this.#path) === this.#holder) rmSync(this.#path, { force: true })
  }
}

/** By way of a link, so that nobody ever finds the file without its content. */
function create(path: string, holder: string): boolean {
  const draft = `${path}.${process.pid}.new`
  writeFileSync(draft, holder, { mode: 0o600 })
  try {
    linkSync(draft, path)
    return true
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false
    throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/**
 * Two processes may find the same dead holder at once. A rename takes the file from under the other, and whoever
 * finds that it took a living holder's file by mistake puts it back.
 */
function takeAway(path: string, deadHolder: string, options: DirectoryLockOptions): void {
  const aside = `${path}.${process.pid}.dead`
  try {
    renameSync(path, aside)
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return
    throw error
  }
  const taken = read(aside)
  if (taken !== undefined && taken !== deadHolder) {
    linkSync(aside, path)
    rmSync(aside)
    throw inUse(options, taken)
  }
  rmSync(aside, { force: true })
}

/** A pid alone may be another process by now; with the time it was started it is not. */
function isAlive(holder: string): boolean {
  const [pidText = '', startTime] = holder.split(' ')
  const pid = Number(pidText)
  if (!Number.isInteger(pid) || pid <= 0) return false
  if (startTime !== undefined) return startTimeOf(pid) === startTime
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return hasCode(error, 'EPERM')
  }
}

/** Field 22 of /proc/[pid]/stat; undefined for a process that is gone or a zombie, and where there is no /proc. */
function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name before it is in parentheses and may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19]
  } catch {
    return undefined
  }
}

function inUse({ directory, directoryName, holderName }: DirectoryLockOptions, holder: string): Error {
  const [pid] = holder.split(' ')
  return new Error(
    `${directoryName} ${directory} is in use by process ${pid}: one ${holderName} at a time, please`,
  )
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
