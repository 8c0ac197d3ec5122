import { beforeAll, describe, expect, it } from 'vitest'
import { simulationSeeds } from '../seeds.ts'
import { type Fork, type ForkKind, fork } from './fork.ts'

const SEEDS_IN_CI = 100

describe.each<ForkKind>(['two_faced', 'amnesia'])('after a fork by more than a third, %s', (kind) => {
  const all = new Map<number, Fork>()
  const failing = (fails: (fork: Fork) => boolean) =>
    [...all].filter(([, one]) => fails(one)).map(([seed]) => seed)

  beforeAll(() => {
    for (const seed of simulationSeeds(SEEDS_IN_CI)) all.set(seed, fork(seed, kind))
  })

  it('there really are two decisions', () => {
    expect(
      failing(({ decisions: [one, two] }) => JSON.stringify(one.ballots) === JSON.stringify(two.ballots)),
    ).toEqual([])
  })

  it('blame names more than may lie', () => {
    const weightOf = ({ culprits }: Fork) => culprits.reduce((sum, { weight }) => sum + weight, 0)
    expect(failing((one) => weightOf(one) <= one.faultWeightMax)).toEqual([])
  })

  it('blame names no honest voter', () => {
    expect(failing(({ culprits, liars }) => culprits.some(({ voter }) => !liars.has(voter)))).toEqual([])
  })

  it('blame says what they did', () => {
    const offences = new Set(
      [...all.values()].flatMap(({ culprits }) => culprits.flatMap((one) => one.offences)),
    )
    const types = new Set([...offences].map(({ type }) => type))
    expect(types).toContain(kind === 'two_faced' ? 'equivocation' : 'amnesia')
    // Whoever forgets between rounds signs no slot twice: only the transcripts together can tell.
    expect(types.has('equivocation')).toBe(kind === 'two_faced')
  })
})
