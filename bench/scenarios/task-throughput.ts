import type { Contender, Scenario } from '../harness/scenario.ts'
import { type Appendfsync, describeBullmq, startBullmq, tuneConcurrency } from '../peers/bullmq.ts'

const JOBS = 10_000
const TUNE_JOBS = 5_000

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
    about: `addBulk → completed, ${describeBullmq(appendfsync)}`,
    open: async ({ scale }) => {
      const queue = await startBullmq(appendfsync)
      const measure = (jobs: number): Promise<number> =>
        queue.client.call('measureThroughput', { jobs: Math.ceil(jobs) })
      await tuneConcurrency(queue, 'higher', () => measure(TUNE_JOBS * scale))
      return {
        round: async (effort) => ({ rate: await measure(JOBS * effort.scale) }),
        close: queue.close,
      }
    },
  }
}
