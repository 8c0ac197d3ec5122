import type { Bar, Scenario } from '../harness/scenario.ts'
import { BULLMQ, type Durability, taskContenders } from './task-contenders.ts'

const PACE_SECONDS = 3
const TUNE_SECONDS = 1

export const taskLatency100: Scenario = taskLatency(100, 'committed')
export const taskLatency100Synced: Scenario = taskLatency(100, 'synced')
export const taskLatency1000: Scenario = taskLatency(1_000, 'committed', [
  { contender: 'amos-committed', metric: 'p50', of: 'value', limit: 1_500 },
  { contender: 'amos-committed', metric: 'p99', of: 'value', limit: 10_000 },
  { contender: 'amos-redis', metric: 'p50', of: 'ratio', limit: 2.5 },
])
export const taskLatency1000Synced: Scenario = taskLatency(1_000, 'synced', [
  { contender: 'amos-redis-always', metric: 'p50', of: 'ratio', limit: 2.5 },
])

function taskLatency(perSecond: number, durability: Durability, bars: readonly Bar[] = []): Scenario {
  return {
    name: `task-latency-${perSecond}${durability === 'synced' ? '-synced' : ''}`,
    title: `Task latency at ${perSecond} tasks/s, ${durability}: from submit until a worker has it`,
    metrics: [
      { name: 'p50', unit: 'µs', better: 'lower' },
      { name: 'p99', unit: 'µs', better: 'lower' },
    ],
    baseline: BULLMQ,
    bars,
    contenders: taskContenders(durability, async (system, { scale }) => {
      const measure = (seconds: number) => system.measurePace(Math.ceil(perSecond * seconds), perSecond)
      await system.tune('lower', async () => (await measure(TUNE_SECONDS * scale)).p50)
      return (effort) => measure(PACE_SECONDS * effort.scale)
    }),
  }
}
