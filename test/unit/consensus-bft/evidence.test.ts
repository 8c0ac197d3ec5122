import { describe, expect, it } from 'vitest'
import { equivocationOf, provesEquivocation } from '#domain/consensus/evidence.ts'
import type { SignedStatement } from '#domain/consensus/signed-messages.ts'
import { DecisionWorld } from '../../helpers/decision/decision-world.ts'
import { VoterUnderTest } from '../../helpers/decision/voter-under-test.ts'

const world = new DecisionWorld()
const value = world.approvals(0, 1, 2)
const other = world.approvals(0, 1, 2, 3)

const proves = (first: SignedStatement, second: SignedStatement) =>
  provesEquivocation(world.instance, equivocationOf(first, second), world.verifier)

describe('evidence of an equivocation', () => {
  it.each([
    ['two ballots', world.ballot(1), world.ballot(1, 'reject')],
    ['two reasons', world.ballot(1), world.ballot(1, 'approve', 'why not')],
    ['two prevotes', world.prevote(1, 0, value), world.prevote(1, 0, other)],
    ['a prevote and one for nil', world.prevote(1, 0, value), world.prevote(1, 0, null)],
    ['one prevote with two valid rounds', world.prevote(1, 2, value, 0), world.prevote(1, 2, value, 1)],
    ['two precommits', world.precommit(1, 0, value), world.precommit(1, 0, null)],
    ['two nominations', world.nomination(1, value), world.nomination(1, other)],
  ])('is %s', (_, first, second) => {
    expect(proves(first, second)).toBe(true)
    expect(proves(second, first)).toBe(true)
  })

  it.each([
    ['the same statement twice', world.prevote(1, 0, value), world.prevote(1, 0, value)],
    ['votes of two rounds', world.prevote(1, 0, value), world.prevote(1, 1, other)],
    ['votes of two kinds', world.prevote(1, 0, value), world.precommit(1, 0, null)],
    ['votes of two voters', world.prevote(1, 0, value), world.prevote(2, 0, other)],
    [
      'a forged statement',
      world.prevote(1, 0, value),
      { ...world.prevote(2, 0, other), voter: world.voter(1) },
    ],
    ['an altered statement', world.prevote(1, 0, value), { ...world.prevote(1, 0, other), valueId: null }],
    [
      'one statement under two signatures',
      world.prevote(1, 0, value),
      { ...world.prevote(1, 0, value), signature: world.prevote(1, 0, other).signature },
    ],
    ['a ballot for what is no option', world.ballot(1), world.ballot(1, 'maybe')],
  ])('is not %s', (_, first, second) => {
    expect(proves(first, second)).toBe(false)
  })

  it('is not a vote in another instance', () => {
    const elsewhere = new DecisionWorld({ proposalId: 'merge-43' })
    expect(proves(world.prevote(1, 0, value), elsewhere.prevote(1, 0, null))).toBe(false)
  })

  it('is reported by whoever holds both, once for each voter, and leaves the first one counted', () => {
    const voter = new VoterUnderTest(world, 3)
    voter.receive(world.prevote(1, 0, value), world.prevote(1, 0, other), world.precommit(1, 0, value))
    voter.receive(world.precommit(1, 0, null), world.ballot(1), world.ballot(1, 'reject'))
    const accusations = voter.effects.filter(({ type }) => type === 'accuse')
    expect(accusations).toEqual([
      {
        type: 'accuse',
        equivocation: {
          voter: world.voter(1),
          first: world.prevote(1, 0, value),
          second: world.prevote(1, 0, other),
        },
      },
    ])
    expect(voter.state.keeper.rounds.get(0)?.prevotes.votes.get(world.voter(1))).toEqual(
      world.prevote(1, 0, value),
    )
  })

  it('is found between a nomination and the prevotes that come with another', () => {
    const voter = new VoterUnderTest(world, 3)
    voter.receive(world.prevote(0, 0, other))
    voter.receive(world.nomination(1, value, 0, world.polka([0, 1, 2], 0, value)))
    expect(voter.effects).toContainEqual(expect.objectContaining({ type: 'accuse' }))
  })
})
