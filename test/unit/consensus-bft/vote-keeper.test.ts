import { describe, expect, it } from 'vitest'
import {
  addNomination,
  addVote,
  EMPTY_KEEPER,
  messagesOf,
  ROUNDS_PER_VOTER_MAX,
  sentBy,
  type VoteKeeper,
} from '#domain/consensus/bft/vote-keeper.ts'
import type { SignedVote } from '#domain/consensus/signed-messages.ts'
import { DecisionWorld } from '../../helpers/decision/decision-world.ts'

const world = new DecisionWorld({ weights: [1, 1, 1, 5] })
const { electorate } = world.instance
const value = world.approvals(0, 3)
const other = world.approvals(1, 3)

function keeping(votes: readonly SignedVote[]): VoteKeeper {
  return votes.reduce((keeper, vote) => addVote(keeper, vote, electorate).keeper, EMPTY_KEEPER)
}

describe('the vote keeper', () => {
  it('adds up weights by value, for each round and kind of its own', () => {
    const keeper = keeping([
      world.prevote(0, 0, value),
      world.prevote(3, 0, value),
      world.prevote(1, 0, null),
      world.precommit(2, 0, value),
      world.prevote(2, 1, value),
    ])
    const { prevotes, precommits } = messagesOf(keeper, 0)
    expect([prevotes.weight, precommits.weight]).toEqual([7, 1])
    expect([...prevotes.weightByValue]).toEqual([
      [world.idOf(value), 6],
      [null, 1],
    ])
  })

  it('counts the first vote of each voter only', () => {
    const keeper = keeping([
      world.prevote(3, 0, value),
      world.prevote(3, 0, other),
      world.prevote(3, 0, null),
    ])
    expect([...messagesOf(keeper, 0).prevotes.weightByValue]).toEqual([[world.idOf(value), 5]])
  })

  it('keeps the highest rounds of each voter, and pushes out nobody else', () => {
    const flood = Array.from({ length: 100 }, (_, round) => world.precommit(0, 1_000 + round, null))
    const keeper = keeping([world.prevote(0, 0, value), world.prevote(1, 0, value), ...flood])
    expect(keeper.roundsOf.get(world.voter(0))).toHaveLength(ROUNDS_PER_VOTER_MAX)
    expect([...messagesOf(keeper, 0).prevotes.votes.keys()]).toEqual([world.voter(1)])
    expect(messagesOf(keeper, 0).prevotes).toMatchObject({ weight: 1 })
    expect(keeper.rounds.size).toBe(ROUNDS_PER_VOTER_MAX + 1)
  })

  it('takes no message of a round older than all it keeps of the voter', () => {
    const full = keeping(
      Array.from({ length: ROUNDS_PER_VOTER_MAX }, (_, round) => world.precommit(0, 10 + round, null)),
    )
    expect(addVote(full, world.precommit(0, 3, null), electorate).keeper).toBe(full)
    expect(addVote(full, world.precommit(1, 3, null), electorate).keeper).not.toBe(full)
  })

  it('keeps two nominations of a round, and calls that evidence', () => {
    const hold = (keeper: VoteKeeper, nominated: typeof value) =>
      addNomination(
        keeper,
        { message: world.nomination(1, nominated), isValid: true, isProven: false },
        electorate,
      )
    const first = hold(EMPTY_KEEPER, value)
    const second = hold(first.keeper, other)
    const third = hold(second.keeper, world.approvals(2, 3))
    expect(first.equivocation).toBeUndefined()
    expect(second.equivocation).toMatchObject({ voter: world.voter(1) })
    expect(third.keeper).toBe(second.keeper)
    expect(messagesOf(third.keeper, 1).nominations).toHaveLength(2)
  })

  it('gives back what one voter sent from a round on', () => {
    const sent = [world.prevote(0, 1, value), world.precommit(0, 1, value), world.prevote(0, 2, null)]
    const keeper = keeping([world.prevote(0, 0, value), world.prevote(1, 1, value), ...sent])
    expect(sentBy(keeper, world.voter(0), 1)).toEqual(sent)
  })
})
