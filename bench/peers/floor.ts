import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startRedis } from '../../test/helpers/redis-server.ts'
import { BenchProcess } from '../harness/bench-process.ts'
import { cpuMicrosOf } from '../harness/cpu.ts'
import type { Hub } from './hub.ts'
import type { NodeHubCalls } from './node-hub.ts'
import { packageVersion, programVersion } from './versions.ts'

/** The smallest server that keeps what it accepts, by where it keeps it and how safely. */
export const FLOORS = {
  'floor-committed': { durability: 'committed' },
  'floor-synced': { durability: 'synced' },
  'floor-redis': { appendfsync: 'everysec' },
  'floor-redis-always': { appendfsync: 'always' },
} as const
export type FloorName = keyof typeof FLOORS

const PROGRAM = 'bench/programs/floor-server.ts'

export function describeFloor(name: FloorName): string {
  const setup = FLOORS[name]
  const store =
    'appendfsync' in setup
      ? `one Lua call, ${programVersion('redis-server')} with appendfsync ${setup.appendfsync}`
      : `one transaction, ${packageVersion('lmdb')}, ${setup.durability}`
  return `a bare route of ${packageVersion('fastify')}, ${store}, one frame of ${packageVersion('ws')}`
}

export async function startFloor(name: FloorName): Promise<Hub> {
  const setup = FLOORS[name]
  if ('appendfsync' in setup) {
    const redis = await startRedis(setup)
    const server = await BenchProcess.start<NodeHubCalls>(PROGRAM, ['redis', String(redis.port)])
    return {
      url: await server.call('url'),
      cpuMicros: async () => (await server.call('cpuMicros')) + (await cpuMicrosOf(redis.pid)),
      close: async () => {
        await server.close()
        await redis.close()
      },
    }
  }
  const folder = await mkdtemp(join(tmpdir(), 'amos-floor-'))
  const store = ['lmdb', join(folder, 'floor.mdb'), setup.durability]
  const server = await BenchProcess.start<NodeHubCalls>(PROGRAM, store)
  return {
    url: await server.call('url'),
    cpuMicros: () => server.call('cpuMicros'),
    close: async () => {
      await server.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
