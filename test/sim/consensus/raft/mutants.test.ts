import { expect, it } from 'vitest'
import { MUTANTS } from './mutants.ts'
import { CALM_TO_LEADER_MAX_MS, simulateRaft } from './simulate-raft.ts'

/** Several times what the slowest of them takes to be found. */
const SEEDS_MAX = 4_000

it.each(Object.keys(MUTANTS))('finds out that %s', (name) => {
  expect(firstSeedThatShows(name), 'the seed that shows it').toBeDefined()
})

function firstSeedThatShows(name: string): number | undefined {
  for (let seed = 1; seed <= SEEDS_MAX; seed += 1) {
    const { violations, calmCampaigns, calmToLeaderMs } = simulateRaft(seed, MUTANTS[name])
    if (violations.length > 0 || calmCampaigns > 2 || calmToLeaderMs > CALM_TO_LEADER_MAX_MS) return seed
  }
  return undefined
}
