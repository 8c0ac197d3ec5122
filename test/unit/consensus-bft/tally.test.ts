import { describe, expect, it } from 'vitest'
import type { SignedBallot } from '#domain/consensus/signed-messages.ts'
import { type Outcome, tally } from '#domain/consensus/tally.ts'
import { DecisionWorld } from '../../helpers/decision/decision-world.ts'

const APPROVED: Outcome = { verdict: 'approved', option: 'approve' }
const REJECTED: Outcome = { verdict: 'rejected' }
const INCONCLUSIVE: Outcome = { verdict: 'inconclusive' }

/** One letter a voter: a(pprove), r(eject), s for abstain, dot for none, 2 for an approval and a rejection. */
function ballotsOf(world: DecisionWorld, letters: string): SignedBallot[] {
  return letters.split('').flatMap((letter, at) => {
    switch (letter) {
      case 'a':
        return [world.ballot(at, 'approve')]
      case 'r':
        return [world.ballot(at, 'reject')]
      case 's':
        return [world.ballot(at, 'abstain')]
      case '2':
        return [world.ballot(at, 'approve'), world.ballot(at, 'reject')]
      default:
        return []
    }
  })
}

function outcomeOf(world: DecisionWorld, letters: string): Outcome {
  return tally(world.instance.proposal, world.instance.electorate, ballotsOf(world, letters)).outcome
}

describe('a tally at two thirds of the total weight', () => {
  const three = new DecisionWorld({ weights: [1, 1, 1] })
  const four = new DecisionWorld({ weights: [1, 1, 1, 1] })

  it.each([
    // Two of three are two thirds: enough, without rounding.
    [three, 'aa.', APPROVED],
    [three, 'a..', INCONCLUSIVE],
    [three, 'r..', INCONCLUSIVE],
    [three, 'rr.', REJECTED],
    [three, 'ar.', INCONCLUSIVE],
    [three, 'aas', APPROVED],
    [three, 'ass', REJECTED],
    [four, 'aa..', INCONCLUSIVE],
    [four, 'aaa.', APPROVED],
    [four, 'aaar', APPROVED],
    [four, 'aar.', INCONCLUSIVE],
    [four, 'aarr', REJECTED],
    [four, 'r...', INCONCLUSIVE],
    [four, 'rr..', REJECTED],
    [four, 'rs..', REJECTED],
    [four, '....', INCONCLUSIVE],
  ])('of %#: %s', (world, letters, outcome) => {
    expect(outcomeOf(world, letters)).toEqual(outcome)
  })

  it('counts two different ballots by one voter as abstaining', () => {
    const ballots = ballotsOf(four, 'aa2.')
    expect(tally(four.instance.proposal, four.instance.electorate, ballots)).toMatchObject({
      options: [
        { option: 'approve', weight: 2 },
        { option: 'reject', weight: 0 },
      ],
      abstainWeight: 1,
      missingWeight: 1,
      outcome: INCONCLUSIVE,
    })
    expect(outcomeOf(four, 'aaa2')).toEqual(APPROVED)
    expect(outcomeOf(four, '22..')).toEqual(REJECTED)
  })

  it('counts weights, not heads', () => {
    const world = new DecisionWorld({ weights: [3, 2, 2] })
    expect(outcomeOf(world, 'aa.')).toEqual(APPROVED)
    expect(outcomeOf(world, '.aa')).toEqual(INCONCLUSIVE)
    expect(outcomeOf(world, 'r..')).toEqual(REJECTED)
    expect(outcomeOf(world, '.r.')).toEqual(INCONCLUSIVE)
  })

  it('does not lose precision at the largest weights', () => {
    const world = new DecisionWorld({
      weights: Array.from({ length: 48 }, () => 1_000_000),
      proposal: { threshold: { numerator: 667, denominator: 1_000 } },
    })
    expect(outcomeOf(world, 'a'.repeat(33))).toEqual(APPROVED)
    expect(outcomeOf(world, 'a'.repeat(32))).toEqual(INCONCLUSIVE)
    expect(outcomeOf(world, `${'.'.repeat(32)}${'r'.repeat(16)}`)).toEqual(REJECTED)
  })
})

describe('a tally among several options', () => {
  const world = new DecisionWorld({
    weights: [1, 1, 1, 1, 1],
    proposal: {
      mode: 'choice',
      options: ['red', 'green', 'blue'],
      threshold: { numerator: 3, denominator: 5 },
    },
  })
  const outcome = (...choices: readonly string[]) => {
    const ballots = choices.map((choice, at) => world.ballot(at, choice))
    return tally(world.instance.proposal, world.instance.electorate, ballots).outcome
  }

  it('is won by the option that reaches the threshold', () => {
    expect(outcome('green', 'red', 'green', 'green')).toEqual({ verdict: 'approved', option: 'green' })
  })

  it('is open while some option can still win', () => {
    expect(outcome('green', 'red', 'green')).toEqual(INCONCLUSIVE)
    expect(outcome('green', 'red', 'blue')).toEqual(INCONCLUSIVE)
  })

  it('is rejected when no option can win any more', () => {
    expect(outcome('green', 'red', 'blue', 'abstain')).toEqual(REJECTED)
    expect(outcome('green', 'green', 'red', 'red', 'blue')).toEqual(REJECTED)
  })
})
