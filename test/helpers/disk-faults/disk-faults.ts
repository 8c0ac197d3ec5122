import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findExecutable } from '../find-executable.ts'

/** Kinds of calls on the database file; see `disk-faults.c`. */
export const DISK_CALLS = {
  dataWrite: 1,
  metaWrite: 2,
  metaSyncWrite: 4,
  sync: 8,
  /** A write behind the end of the file. */
  growth: 16,
} as const
export type DiskCall = keyof typeof DISK_CALLS

const ERRORS = { EIO: 5, ENOSPC: 28, short: -1 } as const
export type DiskError = keyof typeof ERRORS

export interface DiskFault {
  readonly call: DiskCall
  readonly error: DiskError
  /** Matching calls that pass first. */
  readonly skip?: number
  /** Matching calls that fail then; 1 by default. */
  readonly count?: number
}

const SOURCE = fileURLToPath(new URL('disk-faults.c', import.meta.url))
const CONTROL_BYTES = 20
const FAILED_OFFSET = 16

let library: string | undefined

/** Makes chosen writes and syncs of a database file fail in a program that is started with its environment. */
export class DiskFaults {
  readonly #directory = mkdtempSync(join(tmpdir(), 'amos-disk-faults-'))
  readonly #control: number
  readonly env: Readonly<Record<string, string>>

  constructor() {
    const path = join(this.#directory, 'control')
    this.#control = openSync(path, 'w+')
    writeSync(this.#control, Buffer.alloc(CONTROL_BYTES), 0, CONTROL_BYTES, 0)
    this.env = { DISK_FAULTS: path, DISK_FAULTS_TARGET: '/swarm.mdb', LD_PRELOAD: compiledLibrary() }
  }

  /** From now on. */
  arm({ call, error, skip = 0, count = 1 }: DiskFault): void {
    const bytes = Buffer.alloc(CONTROL_BYTES)
    bytes.writeUInt32LE(skip, 4)
    bytes.writeUInt32LE(count, 8)
    bytes.writeInt32LE(ERRORS[error], 12)
    writeSync(this.#control, bytes, 0, CONTROL_BYTES, 0)
    // The kinds last: they arm it.
    bytes.writeUInt32LE(DISK_CALLS[call], 0)
    writeSync(this.#control, bytes, 0, 4, 0)
  }

  disarm(): void {
    writeSync(this.#control, Buffer.alloc(4), 0, 4, 0)
  }

  /** Calls that were made to fail since the last {@link arm}. */
  get failedCount(): number {
    const bytes = Buffer.alloc(4)
    readSync(this.#control, bytes, 0, 4, FAILED_OFFSET)
    return bytes.readUInt32LE(0)
  }

  close(): void {
    closeSync(this.#control)
    rmSync(this.#directory, { recursive: true, force: true })
  }
}

function compiledLibrary(): string {
  if (library !== undefined) return library
  const compiler = findExecutable('cc') ?? findExecutable('gcc')
  if (compiler === undefined)
    throw new Error('the disk faults need a C compiler: apt-get install gcc libc6-dev')
  const directory = mkdtempSync(join(tmpdir(), 'amos-disk-faults-library-'))
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
  const path = join(directory, 'disk-faults.so')
  execFileSync(compiler, ['-shared', '-fPIC', '-O1', '-Wall', '-o', path, SOURCE, '-ldl'])
  library = path
  return path
}
