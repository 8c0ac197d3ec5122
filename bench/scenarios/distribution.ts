import { type StrategyRequest, strategySettings } from '#domain/model/strategy-settings.ts'
import type { DistributionReport } from '#simulation/distribution/distribution-report.ts'
import { simulateDistribution } from '#simulation/distribution/simulate-distribution.ts'
import { asBatch, atLoad, type WorkloadTask } from '#simulation/distribution/workload.ts'
import { SeededRandom } from '#simulation/seeded-random.ts'
import { readTrace } from '#simulation/traces/read-trace.ts'
import { datasetAbsence, readDataset } from '../harness/datasets.ts'
import type { Contender, Sample, Scenario } from '../harness/scenario.ts'

const TRACE = 'azure-llm-2023/AzureLLMInferenceTrace_code.csv.gz'
const SPEEDS = [0.5, 0.5, 0.75, 0.75, 1, 1, 1, 1.25, 1.25, 2]
const AGENTS = SPEEDS.map((speed) => ({ speed, slots: 1 }))
const CAPACITY = SPEEDS.reduce((sum, speed) => sum + speed, 0)

const STRATEGIES: Readonly<Record<string, StrategyRequest>> = {
  least_loaded: { kind: 'least_loaded' },
  random: { kind: 'random' },
  round_robin: { kind: 'round_robin' },
  shortest_queue: { kind: 'shortest_queue' },
  power_of_two: { kind: 'power_of_two' },
  join_idle_queue: { kind: 'join_idle_queue' },
  expected_delay: { kind: 'expected_delay' },
  work_stealing: { kind: 'work_stealing' },
  'stealing from round robin': { kind: 'work_stealing', placement: 'round_robin' },
}

const METRICS = [
  { name: 'mean wait', unit: 's', better: 'lower' },
  { name: 'p99 wait', unit: 's', better: 'lower' },
  { name: 'makespan', unit: '× bound', better: 'lower' },
] as const

/** One workload under each strategy; each round draws other random numbers. */
function comparison(
  name: string,
  title: string,
  workload: (tasks: readonly WorkloadTask[]) => readonly WorkloadTask[],
  bars: NonNullable<Scenario['bars']>,
): Scenario {
  const absence = datasetAbsence(TRACE)
  const contenders = Object.entries(STRATEGIES).map(([label, request]): Contender => {
    const settings = strategySettings(request)
    return {
      name: label,
      about: `simulated, ${JSON.stringify(settings)}`,
      ...(absence === undefined ? {} : { absence }),
      open: async () => {
        const tasks = workload(readTrace(readDataset(TRACE)).tasks)
        let seed = 0
        const round = async (): Promise<Sample> => {
          seed += 1
          const random = new SeededRandom(seed)
          return sampleOf(simulateDistribution({ tasks, agents: AGENTS, strategy: settings, random }))
        }
        return { round, close: async () => undefined }
      },
    }
  })
  return { name, title, metrics: METRICS, baseline: 'least_loaded', contenders, bars }
}

function sampleOf({ meanWaitMs, p99WaitMs, makespanMs, lowerBoundMs }: DistributionReport): Sample {
  return {
    'mean wait': meanWaitMs / 1_000,
    'p99 wait': p99WaitMs / 1_000,
    makespan: makespanMs / lowerBoundMs,
  }
}

const STEALERS = ['work_stealing', 'stealing from round robin']

export const distributionBatch = comparison(
  'distribution-batch',
  'Azure code trace as one batch, ten agents of speed 0.5 to 2, simulated',
  asBatch,
  STEALERS.map((contender) => ({ contender, metric: 'makespan', of: 'value', limit: 1.03 })),
)

export const distributionOnline = comparison(
  'distribution-online',
  'Azure code trace at its own rate (load 0.33), ten agents, simulated; the baseline is one central line',
  (tasks) => tasks,
  STEALERS.map((contender) => ({ contender, metric: 'mean wait', of: 'ratio', limit: 1.1 })),
)

export const distributionOnline70 = comparison(
  'distribution-online-70',
  'Azure code trace at load 0.7, ten agents, simulated; the baseline is one central line',
  (tasks) => atLoad(tasks, 0.7, CAPACITY),
  STEALERS.map((contender) => ({ contender, metric: 'mean wait', of: 'ratio', limit: 1.1 })),
)
