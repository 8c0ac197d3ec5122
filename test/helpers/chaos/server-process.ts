import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readiness } from '#contract/index.ts'
import { freePort } from '../free-port.ts'
import { type OwnedProcess, spawnProcess } from '../process.ts'
import { bundle } from './bundle.ts'

export type Environment = Readonly<Record<string, string>>

export interface ServerProcessOptions {
  /** On this Redis; else with the embedded store in a folder of its own. */
  readonly redisUrl?: string
  /** More `AMOS_…` settings. */
  readonly environment?: Environment
  /** What Node is started through, for instance to limit it. */
  readonly launcher?: readonly string[]
  /** With a wall clock that {@link ServerProcess.stepClock} sets; off by default. */
  readonly hasOwnClock?: boolean
  /** Where the embedded store is, instead of a folder of its own. */
  readonly dataDir?: string
}

export const LEASE_MS = 2_000
/** From sources it would be longer; other test files and a busy machine take their time, too. */
const READY_TIMEOUT_MS = 40_000
const STOP_TIMEOUT_MS = 30_000

/** One server node, a real process: killed, frozen and started again on the same port and data. */
export class ServerProcess {
  readonly port: number
  readonly #program: string
  readonly #dataDir: string
  readonly #options: ServerProcessOptions
  readonly #runs: OwnedProcess[] = []

  private constructor(program: string, port: number, dataDir: string, options: ServerProcessOptions) {
    this.#program = program
    this.port = port
    this.#dataDir = dataDir
    this.#options = options
  }

  /** Resolves once the node says that it is ready. */
  static async start(options: ServerProcessOptions = {}): Promise<ServerProcess> {
    const program = await bundle(
      options.hasOwnClock ? 'test/chaos/programs/stepping-node.ts' : 'src/main.ts',
      { external: ['lmdb', 'bullmq', '@fastify/swagger-ui'] },
    )
    const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'amos-chaos-data-')))
    const server = new ServerProcess(program, await freePort(), dataDir, options)
    try {
      await server.restart()
    } catch (error) {
      await server.close()
      throw error
    }
    return server
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  get pid(): number {
    return this.#newest.pid
  }

  /** What all its runs have logged. */
  get output(): string {
    return this.#runs.map(({ output }) => output).join('\n--- killed ---\n')
  }

  async kill9(): Promise<void> {
    await this.#runs.at(-1)?.kill9()
  }

  /** SIGTERM, and waits until it has stopped in good order. */
  async stop(): Promise<void> {
    await this.#newest.stop({ graceMs: STOP_TIMEOUT_MS })
  }

  /** Sets the wall clock of the process; its next run has the right one again. */
  stepClock(stepMs: number): void {
    this.#newest.child.send({ stepMs })
  }

  pause(): void {
    this.#newest.pause()
  }

  resume(): void {
    this.#newest.resume()
  }

  /** Starts it, after a kill where it still runs; resolves once it is ready. */
  async restart(environment: Environment = {}): Promise<void> {
    await this.kill9()
    const [file, ...args] = [...(this.#options.launcher ?? []), process.execPath, this.#program]
    const run = spawnProcess(file, args, {
      env: { ...this.#environment(), ...this.#options.environment, ...environment },
      hasChannel: this.#options.hasOwnClock === true,
    })
    this.#runs.push(run)
    await run.waitForHttp(`${this.url}/health/ready`, { timeoutMs: READY_TIMEOUT_MS })
  }

  /** Whatever the status is. */
  async readiness(): Promise<Readiness> {
    const response = await fetch(`${this.url}/health/ready`, { signal: AbortSignal.timeout(3_000) })
    return (await response.json()) as Readiness
  }

  async isLive(): Promise<boolean> {
    const response = await fetch(`${this.url}/health/live`, { signal: AbortSignal.timeout(3_000) })
    await response.body?.cancel()
    return response.ok
  }

  async close(): Promise<void> {
    await this.kill9()
    if (this.#options.dataDir === undefined) await rm(this.#dataDir, { recursive: true, force: true })
  }

  get #newest(): OwnedProcess {
    return this.#runs.at(-1)!
  }

  #environment(): Environment {
    const { redisUrl } = this.#options
    return {
      AMOS_HOST: '127.0.0.1',
      AMOS_PORT: String(this.port),
      AMOS_LEASE_MS: String(LEASE_MS),
      // Not what is tested here: no task may run out of attempts because its agents were killed often.
      AMOS_MAX_ATTEMPTS: '50',
      AMOS_LOG_LEVEL: 'warn',
      // On Redis, too: a node remembers there which store it has served.
      AMOS_DATA_DIR: this.#dataDir,
      ...(redisUrl === undefined ? {} : { AMOS_REDIS_URL: redisUrl }),
    }
  }
}
