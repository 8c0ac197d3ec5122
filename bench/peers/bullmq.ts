import { startRedis } from '../../test/helpers/redis-server.ts'
import { BenchProcess } from '../harness/bench-process.ts'
import type { BullmqClientCalls } from '../programs/bullmq-client.ts'
import { packageVersion, programVersion } from './versions.ts'

/** How Redis keeps what it was given: `everysec` is what we call `committed`, `always` is `synced`. */
export type Appendfsync = 'everysec' | 'always'

export interface Bullmq {
  readonly client: BenchProcess<BullmqClientCalls>
  readonly close: () => Promise<void>
}

/** What users choose from. */
const CONCURRENCIES = [1, 10, 50, 100, 200] as const

/** A private redis-server, and queue and worker together in a process beside it. */
export async function startBullmq(appendfsync: Appendfsync): Promise<Bullmq> {
  const redis = await startRedis({ appendfsync })
  const client = await BenchProcess.start<BullmqClientCalls>('bench/programs/bullmq-client.ts')
  await client.call('open', { port: redis.port })
  return {
    client,
    close: async () => {
      await client.close()
      await redis.close()
    },
  }
}

export function describeBullmq(appendfsync: Appendfsync): string {
  const redis = `${programVersion('redis-server')} with appendfsync ${appendfsync}`
  return `${packageVersion('bullmq')}, the best concurrency of ${CONCURRENCIES.join(', ')}, ${redis}`
}

/** Which concurrency is best depends on the machine, its disk and the load, so every run finds out. */
export async function tuneConcurrency(
  { client }: Bullmq,
  better: 'lower' | 'higher',
  measure: () => Promise<number>,
): Promise<void> {
  // The first jobs of a process are slow; they would count against the first candidate.
  await measure()
  const trials: { readonly concurrency: number; readonly value: number }[] = []
  for (const concurrency of CONCURRENCIES) {
    await client.call('setConcurrency', { concurrency })
    trials.push({ concurrency, value: await measure() })
  }
  trials.sort((a, b) => (better === 'lower' ? a.value - b.value : b.value - a.value))
  await client.call('setConcurrency', { concurrency: trials[0]?.concurrency ?? 1 })
}
