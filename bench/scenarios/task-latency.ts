import type { Contender, Scenario } from '../harness/scenario.ts'
import { type Appendfsync, describeBullmq, startBullmq, tuneConcurrency } from '../peers/bullmq.ts'

const PACE_SECONDS = 3
const TUNE_SECONDS = 1

export const taskLatency100: Scenario = taskLatency(100)
export const taskLatency1000: Scenario = taskLatency(1_000)

function taskLatency(perSecond: number): Scenario {
  return {
    name: `task-latency-${perSecond}`,
    title: `Task latency at ${perSecond} tasks/s, from submit until a worker has it`,
    metrics: [
      { name: 'p50', unit: 'µs', better: 'lower' },
      { name: 'p99', unit: 'µs', better: 'lower' },
    ],
    baseline: 'bullmq',
    contenders: [bullmq('bullmq', 'everysec', perSecond), bullmq('bullmq-always', 'always', perSecond)],
  }
}

function bullmq(name: string, appendfsync: Appendfsync, perSecond: number): Contender {
  return {
    name,
    about: `add → process, ${describeBullmq(appendfsync)}`,
    open: async ({ scale }) => {
      const queue = await startBullmq(appendfsync)
      const measure = (seconds: number) =>
        queue.client.call('measurePace', { jobs: Math.ceil(perSecond * seconds), perSecond })
      await tuneConcurrency(queue, 'lower', async () => (await measure(TUNE_SECONDS * scale)).p50)
      return { round: (effort) => measure(PACE_SECONDS * effort.scale), close: queue.close }
    },
  }
}
