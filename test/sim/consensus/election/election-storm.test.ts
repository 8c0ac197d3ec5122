import { describe, expect, it } from 'vitest'
import { simulationSeeds } from '../seeds.ts'
import { ALL_VOTERS, raiseStorm } from './election-storm.ts'

const SEEDS_IN_CI = 20

describe('elections through the hub, among agents that come, go and take new keys, and nodes that die', () => {
  it.each(simulationSeeds(SEEDS_IN_CI))(
    'have one winner each, and a leader of all once it is calm, seed %i',
    async (seed) => {
      const report = await raiseStorm(seed)
      const replay = `replay: AMOS_SEED=${seed} npm run test:sim -- test/sim/consensus/election/election-storm.test.ts`
      expect(report.doubleTerms, replay).toEqual([])
      expect(report.committee, replay).toEqual(ALL_VOTERS)
      expect(report.staleKeys, replay).toEqual([])
      expect(ALL_VOTERS, replay).toContain(report.leaderId)
      expect(report.leaderEpoch, replay).toBe(report.epoch)
      expect(report.topologyLeaderId, replay).toBe(report.leaderId)
      // Fewer would not have tested much.
      expect(report.electionsWon, replay).toBeGreaterThan(3)
    },
  )
})
