import { BenchProcess } from '../harness/bench-process.ts'
import type { Contender, Effort, Session } from '../harness/scenario.ts'
import { type AmosName, describeAmos, startAmos } from '../peers/amos-server.ts'
import { type Appendfsync, describeBullmq, startBullmq, tuneConcurrency } from '../peers/bullmq.ts'
import { describeFloor, type FloorName, startFloor } from '../peers/floor.ts'
import type { Hub } from '../peers/hub.ts'
import type { AmosClientCalls } from '../programs/amos-client.ts'

/** What an accepted task survives: a kill of the process, or a power failure. Only equals are compared. */
export type Durability = 'committed' | 'synced'

/** A system that takes tasks from clients to workers, both of them together in a process of their own. */
export interface TaskSystem {
  readonly measurePace: (jobs: number, perSecond: number) => Promise<{ p50: number; p99: number }>
  readonly measureThroughput: (jobs: number) => Promise<number>
  /** Of the processes on the other side of the clients, so far; NaN where the clients do the work. */
  readonly serverCpuMicros: () => Promise<number>
  /** Warms it up, and sets what its users would set, by what gives the best measurement. */
  readonly tune: (better: 'lower' | 'higher', measure: () => Promise<number>) => Promise<void>
  readonly close: () => Promise<void>
}

/** The name of the baseline. */
export const BULLMQ = 'bullmq'

const BULLMQ_APPENDFSYNC = { committed: 'everysec', synced: 'always' } as const
const AMOS_NAMES = {
  committed: ['amos-committed', 'amos-redis'],
  synced: ['amos-synced', 'amos-redis-always'],
} as const
const FLOOR_NAMES = {
  committed: ['floor-committed', 'floor-redis'],
  synced: ['floor-synced', 'floor-redis-always'],
} as const

/** Longer than any task waits for its agent here: what it costs to renew leases is another question. */
const LEASE_MS = 60_000

/** @param prepare gets a system that is up, and says how a round is measured */
export function taskContenders(
  durability: Durability,
  prepare: (system: TaskSystem, effort: Effort) => Promise<Session['round']>,
): Contender[] {
  const appendfsync = BULLMQ_APPENDFSYNC[durability]
  const contender = (name: string, about: string, start: () => Promise<TaskSystem>): Contender => ({
    name,
    about,
    open: async (effort) => {
      const system = await start()
      return { round: await prepare(system, effort), close: system.close }
    },
  })
  return [
    contender(BULLMQ, describeBullmq(appendfsync), () => startBullmqSystem(appendfsync)),
    ...FLOOR_NAMES[durability].map((name) =>
      contender(name, describeFloor(name), () => startFloorSystem(name)),
    ),
    ...AMOS_NAMES[durability].map((name) => contender(name, describeAmos(name), () => startAmosSystem(name))),
  ]
}

async function startBullmqSystem(appendfsync: Appendfsync): Promise<TaskSystem> {
  const queue = await startBullmq(appendfsync)
  return {
    measurePace: (jobs, perSecond) => queue.client.call('measurePace', { jobs, perSecond }),
    measureThroughput: (jobs) => queue.client.call('measureThroughput', { jobs }),
    serverCpuMicros: async () => Number.NaN,
    tune: (better, measure) => tuneConcurrency(queue, better, measure),
    close: queue.close,
  }
}

async function startAmosSystem(name: AmosName): Promise<TaskSystem> {
  return servedSystem(await startAmos(name, { environment: { AMOS_LEASE_MS: String(LEASE_MS) } }))
}

async function startFloorSystem(name: FloorName): Promise<TaskSystem> {
  return servedSystem(await startFloor(name))
}

/** Around anything that speaks our wire. */
async function servedSystem(server: Hub): Promise<TaskSystem> {
  const client = await BenchProcess.start<AmosClientCalls>('bench/programs/amos-client.ts')
  await client.call('open', { url: server.url, leaseMs: LEASE_MS })
  return {
    measurePace: (jobs, perSecond) => client.call('measurePace', { jobs, perSecond }),
    measureThroughput: (jobs) => client.call('measureThroughput', { jobs }),
    serverCpuMicros: () => server.cpuMicros(),
    tune: async (_better, measure) => void (await measure()),
    close: async () => {
      await client.close()
      await server.close()
    },
  }
}
