import { describe, expect, it } from 'vitest'
import { DecisionWorld } from '../../helpers/decision/decision-world.ts'
import { VoterUnderTest } from '../../helpers/decision/voter-under-test.ts'

const world = new DecisionWorld()
const value = world.approvals(0, 1, 2)
const other = world.approvals(0, 1, 2, 3)

function lockedInRound0(): VoterUnderTest {
  const voter = new VoterUnderTest(world, 3)
  voter.receive(world.nomination(0, value), ...world.polka([0, 1, 2], 0, value))
  return voter
}

describe('a voter that restarts', () => {
  it('sends what it had signed again, byte for byte, and nothing else', () => {
    const before = lockedInRound0()
    const after = before.restarted()
    expect(after.sent).toEqual(before.journal.map(({ message }) => message))
    expect(after.journal).toEqual(before.journal)
  })

  it('is locked on what it was locked on', () => {
    const after = lockedInRound0().restarted()
    expect(after.state.round).toMatchObject({ round: 0, step: 'precommit', locked: { round: 0 } })
    after.timeout('precommit', 0)
    after.receive(world.nomination(1, other))
    expect(after.sentVotes('prevote').at(-1)).toEqual(world.prevote(3, 1, null))
  })

  it('can still prove its valid round when it is the proposer', () => {
    const before = new VoterUnderTest(world, 1)
    before.receive(world.nomination(0, value), ...world.polka([0, 2, 3], 0, value))
    const after = before.restarted()
    after.timeout('precommit', 0)
    const nomination = after.sent.find(({ kind }) => kind === 'nomination')
    expect(nomination).toMatchObject({ round: 1, validRound: 0, polka: { length: 3 } })
  })

  it('does not prevote again in the round it prevoted in', () => {
    const before = new VoterUnderTest(world, 3)
    before.receive(world.nomination(0, value))
    const after = before.restarted()
    after.receive(world.nomination(0, value))
    after.timeout('propose', 0)
    expect(after.sentVotes('prevote')).toEqual([world.prevote(3, 0, value)])
  })

  it('goes on with its own nomination', () => {
    const before = new VoterUnderTest(world, 0)
    before.receive(world.ballot(0), world.ballot(1), world.ballot(2))
    // It died right after the nomination was on record.
    const after = new VoterUnderTest(world, 0, before.journal.slice(0, 1))
    expect(after.sentVotes('prevote')).toEqual(before.sentVotes('prevote'))
  })

  it('keeps its ballot', () => {
    const [ballot] = [world.ballot(3)]
    const record = {
      proposalId: world.instance.proposalId,
      message: ballot,
      signBytes: '',
      locked: null,
      valid: null,
    }
    const after = new VoterUnderTest(world, 3, [record])
    expect(after.sent).toEqual([ballot])
    expect(after.state.ballots.get(world.voter(3))).toEqual([ballot])
    expect(after.state.round.round).toBe(-1)
  })

  it('begins its deadline afresh', () => {
    const after = lockedInRound0().restarted()
    expect(after.effects).toContainEqual({ type: 'start_deadline', afterMs: 10_000 })
    expect(after.state.isExpired).toBe(false)
  })
})

describe('a voter that is asked to send again', () => {
  it('sends its own messages of this round and the one before', () => {
    const voter = lockedInRound0()
    voter.timeout('precommit', 0)
    voter.timeout('propose', 1)
    const own = [...voter.sent]
    voter.forget()
    voter.input({ type: 'resend' })
    expect(voter.sent).toEqual(own)
  })

  it('passes on what it holds of others when nothing has moved since the last time', () => {
    // A liar's prevote that only this voter got: without it the others could never leave the round.
    const voter = new VoterUnderTest(world, 3)
    voter.receive(world.nomination(0, value), world.prevote(0, 0, null))
    voter.input({ type: 'resend' })
    voter.forget()
    voter.input({ type: 'resend' })
    expect(voter.sent).toEqual(
      expect.arrayContaining([
        world.nomination(0, value),
        world.prevote(0, 0, null),
        world.prevote(3, 0, value),
      ]),
    )
  })

  it('sends only its own again once it has moved', () => {
    const voter = new VoterUnderTest(world, 3)
    voter.receive(world.nomination(0, value), world.prevote(0, 0, null))
    voter.input({ type: 'resend' })
    voter.timeout('prevote', 0)
    voter.forget()
    voter.input({ type: 'resend' })
    expect(voter.sent).toEqual([world.prevote(3, 0, value), world.precommit(3, 0, null)])
  })
})
