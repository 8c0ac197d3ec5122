import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../test/helpers/free-port.ts'
import { type OwnedProcess, spawnProcess } from '../../test/helpers/process.ts'
import { type RedisServer, startRedis } from '../../test/helpers/redis-server.ts'
import { cpuMicrosOf } from '../harness/cpu.ts'
import { builtServer } from './amos-build.ts'
import { collectGarbage } from './amos-heap.ts'
import { programVersion } from './versions.ts'

/** Our server by where it keeps its work and how safely. */
const SETUPS = {
  'amos-committed': { durability: 'committed' },
  'amos-synced': { durability: 'synced' },
  'amos-redis': { durability: 'committed', appendfsync: 'everysec' },
  'amos-redis-always': { durability: 'synced', appendfsync: 'always' },
} as const
export type AmosName = keyof typeof SETUPS

/** With many pending tasks, on a busy machine. */
const READY_TIMEOUT_MS = 60_000

export interface AmosOptions {
  /** More `AMOS_…` settings. */
  readonly environment?: Readonly<Record<string, string>>
  /** Lets its memory be measured; off by default. */
  readonly isInspected?: boolean
}

export function describeAmos(name: AmosName): string {
  const setup = SETUPS[name]
  const store =
    'appendfsync' in setup
      ? `${programVersion('redis-server')} with appendfsync ${setup.appendfsync}`
      : 'embedded store'
  return `one node, ${store}, ${setup.durability}`
}

/** Starts the built server on a store of its own; resolves when it is ready. */
export async function startAmos(name: AmosName, options: AmosOptions = {}): Promise<AmosServer> {
  const setup = SETUPS[name]
  const program = await builtServer()
  const dataDir = await mkdtemp(join(tmpdir(), 'amos-bench-'))
  const redis = 'appendfsync' in setup ? await startRedis({ appendfsync: setup.appendfsync }) : undefined
  const environment = { AMOS_DURABILITY: setup.durability, ...options.environment }
  const place = { program, dataDir, port: await freePort(), redis }
  const server = new AmosServer(place, { ...options, environment })
  await server.start()
  return server
}

interface AmosPlace {
  readonly program: string
  readonly dataDir: string
  readonly port: number
  readonly redis: RedisServer | undefined
}

/** One server process and what it stands on: killed and started again on the same port and data. */
export class AmosServer {
  readonly url: string
  readonly #place: AmosPlace
  readonly #options: AmosOptions
  #process: OwnedProcess | undefined

  constructor(place: AmosPlace, options: AmosOptions) {
    this.url = `http://127.0.0.1:${place.port}`
    this.#place = place
    this.#options = options
  }

  get pid(): number {
    return this.#process?.pid ?? 0
  }

  /** Of its Redis; undefined where it has none. */
  get redisPort(): number | undefined {
    return this.#place.redis?.port
  }

  /** What the store has written so far. */
  async storeCounts(): Promise<{ readonly steps: number; readonly commits: number }> {
    const text = await (await fetch(`${this.url}/metrics`)).text()
    const valueOf = (name: string): number =>
      Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN)
    return { steps: valueOf('amos_store_steps_total'), commits: valueOf('amos_store_commits_total') }
  }

  /** Of the server, and of its Redis. */
  async cpuMicros(): Promise<number> {
    const { redis } = this.#place
    return (await cpuMicrosOf(this.pid)) + (redis === undefined ? 0 : await cpuMicrosOf(redis.pid))
  }

  /** Resident memory of the server, inspected, once what it does not need any more is thrown away. */
  async memoryBytes(): Promise<number> {
    const line = await this.#process?.waitForLine('Debugger listening on ')
    // Twice, as finalizers of the first round let go of more.
    for (let round = 0; round < 2; round++) await collectGarbage(line?.split(' ').at(-1) ?? '')
    const status = await readFile(`/proc/${this.pid}/status`, 'utf8')
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? Number.NaN) * 1_024
  }

  /** Resolves when it is ready to take work. */
  async start(): Promise<void> {
    const { program, dataDir, port, redis } = this.#place
    const { environment, isInspected = false } = this.#options
    const nodeOptions = [...(isInspected ? ['--inspect=127.0.0.1:0'] : []), ...profilerOptions()]
    this.#process = spawnProcess(process.execPath, [...nodeOptions, program], {
      env: {
        AMOS_PORT: String(port),
        AMOS_LOG_LEVEL: 'error',
        // Others may hold the processor for a second, and the server would rightly refuse work for a while.
        AMOS_EVENT_LOOP_DELAY_MAX_MS: '60000',
        // Also on Redis: a server remembers there which stores it has served.
        AMOS_DATA_DIR: dataDir,
        ...(redis === undefined ? {} : { AMOS_REDIS_URL: redis.url }),
        ...environment,
      },
    })
    await this.#process.waitForHttp(`${this.url}/health/ready`, { timeoutMs: READY_TIMEOUT_MS })
  }

  async kill9(): Promise<void> {
    await this.#process?.kill9()
  }

  async close(): Promise<void> {
    // A profile is written at an orderly end; without one nobody waits for it.
    if (profilerOptions().length > 0) await this.#process?.stop()
    await this.kill9()
    await this.#place.redis?.close()
    await rm(this.#place.dataDir, { recursive: true, force: true })
  }
}

/** `BENCH_PROFILE_DIR=tmp/profiles npm run bench -- --only task-throughput` says where the server's time goes. */
function profilerOptions(): readonly string[] {
  const folder = process.env['BENCH_PROFILE_DIR']
  return folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`]
}
