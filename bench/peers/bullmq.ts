import { startRedis } from '../../test/helpers/redis-server.ts'
import { BenchProcess } from '../harness/bench-process.ts'
import type { BullmqClientCalls } from '../programs/bullmq-client.ts'

/** How Redis keeps what it was given: `everysec` is what we call `committed`, `always` is `synced`. */
export type Appendfsync = 'everysec' | 'always'

export interface Bullmq {
  readonly client: BenchProcess<BullmqClientCalls>
  readonly close: () => Promise<void>
}

/** A private redis-server, and queue and worker together in a process beside it. */
export async function startBullmq(appendfsync: Appendfsync, concurrency: number): Promise<Bullmq> {
  const redis = await startRedis({ appendfsync })
  const client = await BenchProcess.start<BullmqClientCalls>('bench/programs/bullmq-client.ts')
  await client.call('open', { port: redis.port, concurrency })
  return {
    client,
    close: async () => {
      await client.close()
      await redis.close()
    },
  }
}
