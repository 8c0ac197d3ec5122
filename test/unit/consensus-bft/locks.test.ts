import { describe, expect, it } from 'vitest'
import { DecisionWorld } from '../../helpers/decision/decision-world.ts'
import { VoterUnderTest } from '../../helpers/decision/voter-under-test.ts'

// Four voters, one of whom may lie. v00 proposes in round 0, v01 in round 1, v02 in 2, v03 in 3, v00 in 4 …
const world = new DecisionWorld()
const value = world.approvals(0, 1, 2)
const other = world.approvals(1, 2, 3)

/** v03, locked on `value` since round 0, now at the beginning of round `round`. */
function lockedIn(round: number, at = 3): VoterUnderTest {
  const voter = new VoterUnderTest(world, at)
  voter.receive(world.nomination(0, value), ...world.polka([0, 1, 2], 0, value))
  expect(voter.state.round.locked).toMatchObject({ id: world.idOf(value), round: 0 })
  voter.forget()
  const others = world.voters.map((_, other) => other).filter((other) => other !== at)
  voter.receive(...others.slice(0, 2).map((other) => world.precommit(other, round, null)))
  expect(voter.state.round.round).toBe(round)
  return voter
}

describe('a locked voter', () => {
  it('prevotes nil when something else is nominated afresh', () => {
    const voter = lockedIn(1)
    voter.receive(world.nomination(1, other))
    expect(voter.sentVotes('prevote')).toEqual([world.prevote(3, 1, null)])
  })

  it('prevotes its own value when that is nominated, proven or not', () => {
    const afresh = lockedIn(1)
    afresh.receive(world.nomination(1, value))
    expect(afresh.sentVotes('prevote')).toEqual([world.prevote(3, 1, value)])

    const proven = lockedIn(2)
    proven.receive(world.nomination(2, value, 1, world.polka([0, 1, 2], 1, value)))
    expect(proven.sentVotes('prevote')).toEqual([world.prevote(3, 2, value, 1)])
  })

  it('prevotes its own expired value even where its clock started afresh', () => {
    const expired = world.value([world.ballot(0)], 'expired')
    const voter = new VoterUnderTest(world, 3)
    voter.input({ type: 'deadline' })
    voter.receive(world.nomination(0, expired), ...world.polka([0, 1, 2], 0, expired))
    const restarted = voter.restarted()
    expect(restarted.state.isExpired).toBe(false)
    restarted.timeout('precommit', 0)
    restarted.receive(world.nomination(1, expired))
    expect(restarted.sentVotes('prevote').at(-1)).toEqual(world.prevote(3, 1, expired))
  })

  it('is freed by a polka of a later round', () => {
    const voter = lockedIn(2)
    voter.receive(world.nomination(2, other, 1, world.polka([0, 1, 2], 1, other)))
    expect(voter.sentVotes('prevote')).toEqual([world.prevote(3, 2, other, 1)])
    // It stays locked on the old one until the new one has a polka in this round.
    expect(voter.state.round.locked?.id).toBe(world.idOf(value))
    voter.receive(world.prevote(0, 2, other, 1), world.prevote(1, 2, other, 1))
    expect(voter.state.round.locked).toMatchObject({ id: world.idOf(other), round: 2 })
  })

  it('is not freed by a polka of an earlier round', () => {
    const voter = new VoterUnderTest(world, 3)
    voter.receive(world.precommit(0, 1, null), world.precommit(1, 1, null))
    voter.receive(world.nomination(1, value), ...world.polka([0, 1, 2], 1, value))
    expect(voter.state.round.locked).toMatchObject({ round: 1 })
    voter.timeout('precommit', 1)
    voter.receive(world.nomination(2, other, 0, world.polka([0, 1, 2], 0, other)))
    expect(voter.sentVotes('prevote').at(-1)).toEqual(world.prevote(3, 2, null))
  })

  it('is not freed by a polka for nil', () => {
    const voter = lockedIn(1)
    voter.timeout('propose', 1)
    voter.receive(...[0, 1, 2].map((at) => world.prevote(at, 1, null)))
    expect(voter.sentVotes('precommit')).toEqual([world.precommit(3, 1, null)])
    expect(voter.state.round.locked).toMatchObject({ id: world.idOf(value), round: 0 })
    voter.timeout('precommit', 1)
    voter.receive(world.nomination(2, other))
    expect(voter.sentVotes('prevote').at(-1)).toEqual(world.prevote(3, 2, null))
  })

  it('is not freed by a claimed valid round without its polka', () => {
    const voter = lockedIn(3, 1)
    const tooFew = world.polka([0, 2], 2, other)
    voter.receive(world.nomination(3, other, 2, tooFew))
    expect(voter.sent).toEqual([])
    voter.timeout('propose', 3)
    expect(voter.sentVotes('prevote')).toEqual([world.prevote(1, 3, null)])
  })

  it.each([
    ['of another round', () => world.polka([0, 1, 2], 1, other)],
    ['for another value', () => world.polka([0, 1, 2], 2, value)],
    ['with one voter twice', () => [...world.polka([0, 1], 2, other), ...world.polka([0], 2, other)]],
    [
      'with a precommit among the prevotes',
      () => [...world.polka([0, 1], 2, other), world.precommit(2, 2, other)],
    ],
    [
      'with a forged signature',
      () => {
        const [first, ...rest] = world.polka([0, 1, 2], 2, other)
        return [{ ...first!, voter: world.voter(3) }, ...rest]
      },
    ],
  ])('is not freed by a polka %s', (_, polkaOf) => {
    const voter = lockedIn(3, 1)
    voter.receive(world.nomination(3, other, 2, polkaOf()))
    expect(voter.sentVotes('prevote')).toEqual([])
  })

  it('takes the proof from a second copy when a relay stripped it from the first', () => {
    const voter = lockedIn(3, 1)
    const whole = world.nomination(3, other, 2, world.polka([0, 2, 3], 2, other))
    voter.receive({ ...whole, polka: [] })
    expect(voter.sent).toEqual([])
    voter.receive(whole)
    expect(voter.sentVotes('prevote')).toEqual([world.prevote(1, 3, other, 2)])
  })
})

describe('a hidden lock', () => {
  it('is explained by its holder when its turn comes, and the others follow it', () => {
    // Only v03 saw the polka of round 0; then it is the proposer of round 3.
    const holder = lockedIn(3)
    const nomination = holder.sent.find(({ kind }) => kind === 'nomination')
    expect(nomination).toMatchObject({ round: 3, validRound: 0, valueId: world.idOf(value) })

    const others = [0, 1, 2].map((at) => {
      const voter = new VoterUnderTest(world, at)
      voter.receive(...[0, 1, 2].filter((peer) => peer !== at).map((peer) => world.precommit(peer, 3, null)))
      voter.forget()
      return voter
    })
    for (const [at, voter] of others.entries()) {
      if (nomination !== undefined) voter.receive(nomination)
      expect(voter.sentVotes('prevote')).toEqual([world.prevote(at, 3, value, 0)])
    }
  })
})
