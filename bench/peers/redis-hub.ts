import { startRedis } from '../../test/helpers/redis-server.ts'
import { cpuMicrosOf } from '../harness/cpu.ts'
import type { Hub } from './hub.ts'

/** Pub/sub keeps nothing, so neither does this server. */
export async function startRedisHub(): Promise<Hub> {
  const redis = await startRedis({ appendonly: false })
  return {
    url: redis.url,
    cpuMicros: () => cpuMicrosOf(redis.pid),
    close: () => redis.close(),
  }
}
