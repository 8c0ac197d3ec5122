import { describe, expect, it } from 'vitest'
import { simulationSeeds } from '../seeds.ts'
import { type HubReport, simulateHub } from './simulate-hub.ts'

const SEEDS_IN_CI = 100
const REPLAY = 'npm run test:sim -- test/sim/consensus/hub/hub.test.ts'

describe('decisions through a hub that is killed, with voters that crash, lie and are cut off', () => {
  const reports = new Map<number, HubReport>()

  it('end once, with one certificate that everybody honest holds, and nobody signs twice', async () => {
    for (const seed of simulationSeeds(SEEDS_IN_CI)) reports.set(seed, await simulateHub(seed))
    const failures = [...reports]
      .filter(([, { violations }]) => violations.length > 0)
      .map(([seed, { violations }]) => `${violations.join('; ')}, replay: AMOS_SEED=${seed} ${REPLAY}`)
    expect(failures).toEqual([])
  })

  it('see kills, crashes, liars and every kind of end', () => {
    // A single seed that is being looked at need not.
    const isSample = reports.size < SEEDS_IN_CI
    const all = [...reports.values()]
    const ends = new Set(all.flatMap(({ endings }) => endings))
    const wanted = ['tally approved', 'tally rejected', 'expired inconclusive', 'cancelled inconclusive']
    expect(isSample ? [] : wanted.filter((end) => !ends.has(end))).toEqual([])
    const seen = {
      hubKills: all.filter(({ hubKills }) => hubKills > 0).length,
      crashes: all.filter(({ crashes }) => crashes > 0).length,
      caughtLiars: all.filter(({ accusedCount }) => accusedCount > 0).length,
    }
    const rare = Object.entries(seen).filter(([, count]) => count < SEEDS_IN_CI / 20)
    expect(isSample ? [] : rare).toEqual([])
  })
})
