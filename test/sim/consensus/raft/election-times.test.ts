import { describe, expect, it } from 'vitest'
import { leaderOf, type Swarm, swarmOf, untilLeader } from './calm-swarm.ts'

const SEEDS = Array.from({ length: 100 }, (_, at) => at + 1)

/** Ways of 0.5 to 3.5 ms, records that take up to 5 ms, no faults but the one. */
describe.each([3, 5, 10])('%i voters', (count) => {
  it('have a first leader in 150 ms after a hint and in 350 ms without, at the median', () => {
    expect(
      median(SEEDS.map((seed) => firstElectionMs(swarmOf(count, seed), { isHinted: true }))),
    ).toBeLessThan(150)
    expect(
      median(SEEDS.map((seed) => firstElectionMs(swarmOf(count, seed), { isHinted: false }))),
    ).toBeLessThan(350)
  })

  it('have the next leader in 100 ms after a closed socket and in 350 ms without word of it, at the median', () => {
    expect(median(SEEDS.map((seed) => failOverMs(swarmOf(count, seed), { isHinted: true })))).toBeLessThan(
      100,
    )
    expect(median(SEEDS.map((seed) => failOverMs(swarmOf(count, seed), { isHinted: false })))).toBeLessThan(
      350,
    )
  })

  it('need a second campaign in one of twenty elections at most, though hints wake all of them together', () => {
    const campaigns = SEEDS.map((seed) => {
      const swarm = swarmOf(count, seed)
      firstElectionMs(swarm, { isHinted: true })
      return swarm.observer.campaigns.size
    })
    expect(campaigns.filter((each) => each > 1).length).toBeLessThanOrEqual(SEEDS.length / 20)
  })
})

function firstElectionMs(swarm: Swarm, { isHinted }: { readonly isHinted: boolean }): number {
  if (isHinted) for (const voter of swarm.voters) voter.take({ type: 'leader_gone', leaderId: null })
  return untilLeader(swarm)
}

function failOverMs(swarm: Swarm, { isHinted }: { readonly isHinted: boolean }): number {
  untilLeader(swarm)
  swarm.time.runUntil(swarm.time.nowMs + 300, () => false)
  const leader = leaderOf(swarm)!
  leader.crash()
  if (isHinted) for (const voter of swarm.voters) voter.take({ type: 'leader_gone', leaderId: leader.id })
  return untilLeader(swarm)
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
