import { describe, expect, it } from 'vitest'
import { simulationSeeds } from '../seeds.ts'
import { CALM_TO_LEADER_MAX_MS, type RaftReport, simulateRaft } from './simulate-raft.ts'

const SEEDS_IN_CI = 1_000

describe('elections over a hostile network, among voters that crash, come, go and are given up', () => {
  it('have one leader a term, nobody votes twice, and a leader within two campaigns once the faults end', () => {
    const reports = simulationSeeds(SEEDS_IN_CI).map((seed) => {
      const report = simulateRaft(seed)
      const replay = `replay: AMOS_SEED=${seed} npm run test:sim -- test/sim/consensus/raft/raft.test.ts`
      expect(report.violations, replay).toEqual([])
      expect(report.doubleVoteCount, replay).toBe(0)
      expect(report.calmCampaigns, replay).toBeLessThanOrEqual(2)
      expect(report.calmToLeaderMs, replay).toBeLessThan(CALM_TO_LEADER_MAX_MS)
      return report
    })
    expect(missedBy(reports)).toEqual([])
  })
})

/** What happened too rarely to be tested; nothing where it is only one seed that is replayed. */
function missedBy(reports: readonly RaftReport[]): readonly string[] {
  if (reports.length < SEEDS_IN_CI) return []
  const perSeed = (count: (report: RaftReport) => number) =>
    reports.reduce((sum, report) => sum + count(report), 0) / reports.length
  const means: readonly (readonly [string, number, number])[] = [
    ['elections', perSeed((report) => report.electionCount), 2],
    ['voter changes', perSeed((report) => report.voterChangeCount), 2],
    ['new electorates', perSeed((report) => report.epoch - 1), 0.1],
    ['campaigns at peace', perSeed((report) => report.calmCampaigns), 0.1],
  ]
  return means.filter(([, mean, meanMin]) => mean < meanMin).map(([what, mean]) => `${what}: ${mean} a seed`)
}
