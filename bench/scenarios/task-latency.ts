import type { Contender, Scenario } from '../harness/scenario.ts'
import { type Appendfsync, startBullmq } from '../peers/bullmq.ts'
import { packageVersion, programVersion } from '../peers/versions.ts'

const PACE_SECONDS = 3
/** From 10 to 100 the figures differ by less than two rounds do; with 1 the worker falls behind. */
const CONCURRENCY = 50

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
    about: `add → process, ${packageVersion('bullmq')}, concurrency ${CONCURRENCY}, ${programVersion('redis-server')} with appendfsync ${appendfsync}`,
    open: async () => {
      const { client, close } = await startBullmq(appendfsync, CONCURRENCY)
      return {
        round: ({ scale }) =>
          client.call('measurePace', { jobs: Math.ceil(perSecond * PACE_SECONDS * scale), perSecond }),
        close,
      }
    },
  }
}
