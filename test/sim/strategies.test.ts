import { expect, it } from 'vitest'
import { type StrategyRequest, strategySettings } from '#domain/model/strategy-settings.ts'
import { scenarioOf } from '#simulation/scenario.ts'
import { simulate } from '#simulation/simulate.ts'

/** Every world has its own topology, pipelines, delegation and faults; `AMOS_STRATEGY_SEEDS` asks for more of them. */
const SEEDS = Number(process.env['AMOS_STRATEGY_SEEDS'] ?? 3)

const STRATEGIES: readonly StrategyRequest[] = [
  { kind: 'work_stealing' },
  { kind: 'work_stealing', placement: 'random', stealCostMs: 200 },
  { kind: 'auction', bids: 'estimated' },
  { kind: 'auction', bidWindowMs: 20 },
  { kind: 'expected_delay', setupKey: 'type' },
  { kind: 'power_of_two' },
]

it.each(STRATEGIES)('keeps every promise under faults with $kind', async (request) => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { violation } = await simulate({ ...scenarioOf(seed), strategy: strategySettings(request) })
    expect(
      violation?.promise,
      `seed ${seed} with ${JSON.stringify(request)}\n${violation?.trace}`,
    ).toBeUndefined()
  }
})
