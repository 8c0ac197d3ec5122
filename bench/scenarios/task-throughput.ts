import type { Contender, Effort, Scenario } from '../harness/scenario.ts'
import { type Appendfsync, type Bullmq, startBullmq } from '../peers/bullmq.ts'
import { packageVersion, programVersion } from '../peers/versions.ts'

const JOBS = 10_000
const CONCURRENCIES = [10, 50, 100, 200] as const

export const taskThroughput: Scenario = {
  name: 'task-throughput',
  title: 'Task throughput, submitted in batches, from the first submit to the last completion',
  metrics: [{ name: 'rate', unit: 'tasks/s', better: 'higher' }],
  baseline: 'bullmq',
  contenders: [bullmq('bullmq', 'everysec'), bullmq('bullmq-always', 'always')],
}

function bullmq(name: string, appendfsync: Appendfsync): Contender {
  return {
    name,
    about: `addBulk → completed, ${packageVersion('bullmq')}, the best concurrency of ${CONCURRENCIES.join(', ')}, ${programVersion('redis-server')} with appendfsync ${appendfsync}`,
    open: async (effort) => {
      const queue = await startBullmq(appendfsync, CONCURRENCIES[0])
      await tuneConcurrency(queue, effort)
      return { round: async ({ scale }) => ({ rate: await measure(queue, scale) }), close: queue.close }
    },
  }
}

/** Which concurrency is best depends on the machine and its disk, so every run finds out. */
async function tuneConcurrency(queue: Bullmq, { scale }: Effort): Promise<void> {
  // The first jobs of a process are slow; they would count against the first candidate.
  await measure(queue, scale / 2)
  let best = { concurrency: 0, rate: 0 }
  for (const concurrency of CONCURRENCIES) {
    await queue.client.call('setConcurrency', { concurrency })
    const rate = await measure(queue, scale / 2)
    if (rate > best.rate) best = { concurrency, rate }
  }
  await queue.client.call('setConcurrency', { concurrency: best.concurrency })
}

function measure({ client }: Bullmq, scale: number): Promise<number> {
  return client.call('measureThroughput', { jobs: Math.ceil(JOBS * scale) })
}
