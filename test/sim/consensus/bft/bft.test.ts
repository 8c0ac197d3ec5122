import { describe, expect, it } from 'vitest'
import { simulationSeeds } from '../seeds.ts'
import { type BftReport, simulateBft } from './simulate-bft.ts'

const SEEDS_IN_CI = 1_000
const REPLAY = 'npm run test:sim -- test/sim/consensus/bft/bft.test.ts'

describe('agreements over a hostile network, with up to a third of the weight lying', () => {
  const reports = new Map<number, BftReport>()

  it('agree, are valid, are proven, name no honest voter, and end once the network calms down', () => {
    for (const seed of simulationSeeds(SEEDS_IN_CI)) reports.set(seed, simulateBft(seed))
    const failures = [...reports]
      .filter(([, { violations }]) => violations.length > 0)
      .map(([seed, { violations }]) => `${violations.join('; ')}, replay: AMOS_SEED=${seed} ${REPLAY}`)
    expect(failures).toEqual([])
  })

  it('come to every kind of end, over several rounds, with liars caught and replays refused', () => {
    // A single seed that is being looked at need not.
    const isSample = reports.size < SEEDS_IN_CI
    const all = [...reports.values()]
    const ends = new Set(all.map(({ verdict }) => verdict))
    const unseen = [
      'tally approved',
      'tally rejected',
      'expired inconclusive',
      'cancelled inconclusive',
    ].filter((end) => !ends.has(end))
    expect(isSample ? [] : unseen).toEqual([])
    const seen = {
      laterRounds: all.filter(({ rounds }) => rounds > 3).length,
      caughtLiars: all.filter(({ accusedCount }) => accusedCount > 0).length,
      refusedReplays: all.filter(({ refusals }) => (refusals['forged'] ?? 0) > 0).length,
    }
    const rare = Object.entries(seen).filter(([, count]) => count < SEEDS_IN_CI / 50)
    expect(isSample ? [] : rare).toEqual([])
  })
})
