import type { Bar, Effort, Sample, Scenario } from '../harness/scenario.ts'
import { BULLMQ, type Durability, type TaskSystem, taskContenders } from './task-contenders.ts'

const JOBS = 20_000
const TUNE_JOBS = 5_000

export const taskThroughput: Scenario = throughput('committed', [
  { contender: 'amos-committed', metric: 'rate', of: 'value', limit: 8_000 },
  { contender: 'amos-redis', metric: 'rate', of: 'ratio', limit: 0.4 },
])
export const taskThroughputSynced: Scenario = throughput('synced', [
  { contender: 'amos-redis-always', metric: 'rate', of: 'ratio', limit: 0.4 },
])

function throughput(durability: Durability, bars: readonly Bar[]): Scenario {
  return {
    name: `task-throughput${durability === 'synced' ? '-synced' : ''}`,
    title: `Task throughput in batches of 500, ${durability}: from the first submit to the last completion`,
    metrics: [
      { name: 'rate', unit: 'tasks/s', better: 'higher' },
      { name: 'serverCpu', unit: 'µs/task', better: 'lower' },
    ],
    baseline: BULLMQ,
    bars,
    contenders: taskContenders(durability, async (system, { scale }) => {
      await system.tune('higher', () => system.measureThroughput(Math.ceil(TUNE_JOBS * scale)))
      return (effort) => measureRound(system, effort)
    }),
  }
}

async function measureRound(system: TaskSystem, { scale }: Effort): Promise<Sample> {
  const jobs = Math.ceil(JOBS * scale)
  const cpuBefore = await system.serverCpuMicros()
  const rate = await system.measureThroughput(jobs)
  return { rate, serverCpu: ((await system.serverCpuMicros()) - cpuBefore) / jobs }
}
