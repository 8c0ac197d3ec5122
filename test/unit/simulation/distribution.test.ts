import { describe, expect, it } from 'vitest'
import { type StrategyRequest, strategySettings } from '#domain/model/strategy-settings.ts'
import type { DistributionReport } from '#simulation/distribution/distribution-report.ts'
import { simulateDistribution } from '#simulation/distribution/simulate-distribution.ts'
import { asBatch, atLoad, type WorkloadTask } from '#simulation/distribution/workload.ts'
import { SeededRandom } from '#simulation/seeded-random.ts'

const AGENTS = [0.5, 0.5, 0.75, 0.75, 1, 1, 1, 1.25, 1.25, 2].map((speed) => ({ speed, slots: 1 }))

/** Work of a heavy tail, like that of language models. */
function heavyTailed(count: number, seed = 1): readonly WorkloadTask[] {
  const random = new SeededRandom(seed)
  let arrivalMs = 0
  return Array.from({ length: count }, () => {
    arrivalMs += -100 * Math.log(1 - random.next())
    return { arrivalMs, workMs: 100 / Math.max(0.01, random.next()) ** 0.8, type: 'llm' }
  })
}

function run(tasks: readonly WorkloadTask[], strategy: StrategyRequest, seed = 1): DistributionReport {
  const random = new SeededRandom(seed)
  return simulateDistribution({ tasks, agents: AGENTS, strategy: strategySettings(strategy), random })
}

describe('work stealing', () => {
  const tasks = heavyTailed(600)

  it('ends a batch near the lower bound from a round-robin start, which alone takes far longer', () => {
    const stolen = run(asBatch(tasks), { kind: 'work_stealing', placement: 'round_robin' })
    const kept = run(asBatch(tasks), { kind: 'round_robin' })
    expect(stolen.tasks).toBe(600)
    expect(stolen.makespanMs / stolen.lowerBoundMs).toBeLessThan(1.2)
    expect(kept.makespanMs / kept.lowerBoundMs).toBeGreaterThan(1.5)
  })

  it.each([0.33, 0.7])('waits hardly longer than one central line at load %d', (load) => {
    const arriving = atLoad(tasks, load, 10)
    const stolen = run(arriving, { kind: 'work_stealing' })
    const central = run(arriving, { kind: 'least_loaded' })
    expect(stolen.meanWaitMs).toBeLessThanOrEqual(Math.max(1.1 * central.meanWaitMs, central.meanWaitMs + 50))
  })

  it('steals nothing where moving a task costs more than the task', () => {
    const short = asBatch(tasks.map((task) => ({ ...task, workMs: 100 + (task.workMs % 50) })))
    const settings = { kind: 'work_stealing', placement: 'round_robin' } as const
    expect(run(short, { ...settings, stealCostMs: 500 }).stolen).toBe(0)
    expect(run(short, { ...settings, stealCostMs: 20 }).stolen).toBeGreaterThan(0)
  })
})

it('sends work of one set-up to the agents that are set up for it', () => {
  const random = new SeededRandom(3)
  const tasks = atLoad(
    heavyTailed(600).map((task) => {
      const model = `model-${random.integer(10)}`
      return { ...task, workMs: 1_000, type: model, setupKey: model, setupMs: 3_000 }
    }),
    0.15,
    10,
  )
  const aware = run(tasks, { kind: 'expected_delay', setupKey: 'type' })
  const blind = run(tasks, { kind: 'expected_delay' })
  expect(aware.setups).toBeLessThan(0.6 * blind.setups)
  expect(aware.meanResponseMs).toBeLessThan(blind.meanResponseMs)
})

it('is the same for the same seed', () => {
  const tasks = heavyTailed(500)
  for (const kind of ['random', 'power_of_two', 'work_stealing'] as const)
    expect(run(tasks, { kind }, 7)).toEqual(run(tasks, { kind }, 7))
})
