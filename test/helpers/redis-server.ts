import { mkdtemp, readdir, readFile, rm, stat, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from './eventually.ts'
import { findExecutable } from './find-executable.ts'
import { freePort } from './free-port.ts'
import { isProcessAlive, type OwnedProcess, spawnProcess } from './process.ts'
import { askRedis } from './redis-inline.ts'

export interface RedisOptions {
  /** `always` by default: what a promise of zero loss needs. */
  readonly appendfsync?: 'always' | 'everysec' | 'no'
  /** On by default. */
  readonly appendonly?: boolean
  /** Snapshots, as in the setting `save`; none by default. */
  readonly save?: string
  /** `noeviction` by default. */
  readonly maxmemoryPolicy?: string
  /** A free one by default. */
  readonly port?: number
  /** A folder of the caller's, left in place by `close`; a temporary one of its own by default. */
  readonly dir?: string
}

/** How much of the newest append-only file is lost: so many bytes, or a part of it between 0 and 1. */
export type LostTail = { readonly bytes: number } | { readonly fraction: number }

const PORT_ATTEMPTS_MAX = 5
const FOLDER_PREFIX = 'amos-redis-'
const temporaryFolders = new Set<string>()

/** Starts a private redis-server on a free port of 127.0.0.1; resolves when it answers PING. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const executable = findExecutable('redis-server')
  if (executable === undefined) {
    throw new Error(
      'redis-server is not installed, and these tests need a real one: ' +
        '`apt-get install -y --no-install-recommends redis-server` (Debian, Ubuntu) or `brew install redis` (macOS)',
    )
  }
  const dir = options.dir ?? (await temporaryFolder())
  for (let attempt = 1; ; attempt++) {
    const server = new RedisServer(executable, options.port ?? (await freePort()), dir, options)
    try {
      await server.restart()
      return server
    } catch (error) {
      await server.kill9()
      // Between the choice of a port and its use somebody else may have taken it.
      if (server.output.includes('Address already in use') && attempt < PORT_ATTEMPTS_MAX) continue
      await server.close()
      throw error
    }
  }
}

/** One redis-server that a test owns: it may kill it, freeze it and make it forget. Use {@link startRedis}. */
export class RedisServer {
  /** The same over all restarts, like `dir`. */
  readonly port: number
  readonly dir: string
  readonly #executable: string
  readonly #options: RedisOptions
  #process: OwnedProcess | undefined

  constructor(executable: string, port: number, dir: string, options: RedisOptions) {
    this.#executable = executable
    this.port = port
    this.dir = dir
    this.#options = options
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  /** Of the present run. @throws Error before the first start. */
  get pid(): number {
    return this.#current().pid
  }

  /** What the present run has logged. */
  get output(): string {
    return this.#process?.output ?? ''
  }

  /** SIGKILL: nothing is flushed. What `appendfsync` left to the kernel stays, as the machine lives on. */
  async kill9(): Promise<void> {
    await this.#process?.kill9()
  }

  /** SIGTERM: Redis flushes its append-only file and exits. */
  async stop(): Promise<void> {
    await this.#process?.stop()
  }

  /** SIGSTOP: connections stay open and nobody answers. */
  pause(): void {
    this.#current().pause()
  }

  resume(): void {
    this.#current().resume()
  }

  /** Starts again on the same port and folder, after a `stop` when it still runs; resolves when it answers. */
  async restart(): Promise<void> {
    await this.stop()
    const redis = spawnProcess(this.#executable, this.#arguments(), { cwd: this.dir })
    this.#process = redis
    await eventually(async () => !redis.isRunning || (await this.#isServing(redis.pid)), {
      what: () => `redis-server on port ${this.port}; it printed:\n${redis.output}`,
    })
    if (!redis.isRunning) {
      await redis.exited
      throw new Error(`redis-server did not start on port ${this.port}:\n${redis.output}`)
    }
  }

  /**
   * Kills it, cuts the end off its newest append-only file, and starts it again: what a machine that lost
   * power under `everysec` or `no` comes back with. Resolves with the number of bytes lost.
   */
  async dropTail(lost: LostTail): Promise<number> {
    await this.kill9()
    const path = await this.#newestAppendOnlyFile()
    const { size } = await stat(path)
    const bytes = Math.min(size, 'bytes' in lost ? lost.bytes : Math.ceil(size * lost.fraction))
    await truncate(path, size - bytes)
    await this.restart()
    return bytes
  }

  /** Redis' name for the present run; another one after every restart. */
  runId(): Promise<string> {
    return this.#info('run_id')
  }

  /** Kills it and removes its temporary folder. */
  async close(): Promise<void> {
    await this.kill9()
    if (!temporaryFolders.has(this.dir)) return
    await rm(this.dir, { recursive: true, force: true })
    temporaryFolders.delete(this.dir)
  }

  /** The pid, too: on a port that was taken in between, another Redis may be the one that answers. */
  async #isServing(pid: number): Promise<boolean> {
    const answer = await askRedis(this.port, 'PING')
    return answer === 'PONG' && (await this.#info('process_id')) === String(pid)
  }

  async #info(field: string): Promise<string> {
    const info = await askRedis(this.port, 'INFO server')
    const value = new RegExp(`^${field}:(\\w+)`, 'm').exec(info)?.[1]
    if (value === undefined) throw new Error(`no ${field} in ${info}`)
    return value
  }

  #current(): OwnedProcess {
    if (this.#process === undefined) throw new Error('this redis-server was never started')
    return this.#process
  }

  #arguments(): string[] {
    const {
      appendonly = true,
      appendfsync = 'always',
      save = '',
      maxmemoryPolicy = 'noeviction',
    } = this.#options
    const settings = {
      port: this.port,
      bind: '127.0.0.1',
      dir: this.dir,
      save,
      appendonly: appendonly ? 'yes' : 'no',
      appendfsync,
      'aof-load-truncated': 'yes',
      // Never rewritten, so that the newest file holds every write since the first start.
      'auto-aof-rewrite-percentage': 0,
      'maxmemory-policy': maxmemoryPolicy,
    }
    return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])
  }

  async #newestAppendOnlyFile(): Promise<string> {
    const folder = join(this.dir, 'appendonlydir')
    const manifest = await readFile(join(folder, 'appendonly.aof.manifest'), 'utf8')
    const names = [...manifest.matchAll(/^file (\S+) seq \d+ type i/gm)].map(([, name]) => name)
    const newest = names.at(-1)
    if (newest === undefined) throw new Error(`no incremental file in the manifest:\n${manifest}`)
    return join(folder, newest)
  }
}

/** Named after this process, so that a later one can tell whose folders nobody needs any more. */
async function temporaryFolder(): Promise<string> {
  await removeAbandonedFolders()
  const folder = await mkdtemp(join(tmpdir(), `${FOLDER_PREFIX}${process.pid}-`))
  temporaryFolders.add(folder)
  return folder
}

/** A test runner may be killed, and its `exit` handlers with it: the next run tidies up. */
async function removeAbandonedFolders(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const owner = new RegExp(`^${FOLDER_PREFIX}(\\d+)-`).exec(name)?.[1]
    if (owner === undefined || isProcessAlive(Number(owner))) continue
    await rm(join(tmpdir(), name), { recursive: true, force: true })
  }
}
