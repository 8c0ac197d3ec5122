import { describe, expect, it } from 'vitest'
import { VoterUnderTest } from '../../helpers/decision/voter-under-test.ts'
import { inRound, other, prevoted, timeoutsOf, value, world } from './round-fixtures.ts'

describe('Algorithm 1, starting a round', () => {
  it('line 10: waits in no round while its ballots decide nothing', () => {
    const voter = new VoterUnderTest(world, 3)
    voter.receive(world.ballot(0), world.ballot(1))
    expect(voter.state.round.round).toBe(-1)
    expect(voter.sent).toEqual([])
  })

  it('line 10: begins round 0 as soon as its ballots decide', () => {
    const voter = new VoterUnderTest(world, 3)
    voter.receive(world.ballot(0), world.ballot(1), world.ballot(2))
    expect(voter.state.round).toMatchObject({ round: 0, step: 'propose' })
  })

  it('line 18: the proposer of the round nominates the ballots it holds, with no valid round', () => {
    const voter = new VoterUnderTest(world, 0)
    const ballots = [world.ballot(0), world.ballot(1), world.ballot(2)]
    voter.receive(...ballots)
    expect(voter.sent[0]).toMatchObject({
      kind: 'nomination',
      round: 0,
      validRound: -1,
      value: world.value(ballots),
      polka: [],
    })
  })

  it('line 18: a proposer with nothing to nominate does so when its ballots decide, within the round', () => {
    const voter = inRound(0, 0)
    expect(voter.sent).toEqual([])
    voter.receive(world.ballot(0), world.ballot(1), world.ballot(2))
    expect(voter.sent[0]).toMatchObject({ kind: 'nomination', round: 0, validRound: -1 })
  })

  it('line 16: a proposer nominates what had a polka before, with its round and the polka', () => {
    const voter = prevoted(1)
    const polka = world.polka([0, 1, 2], 0, value)
    voter.receive(...polka)
    voter.receive(world.precommit(0, 0, null), world.precommit(2, 0, null))
    voter.timeout('precommit', 0)
    const nomination = voter.sent.find(({ kind }) => kind === 'nomination')
    expect(nomination).toMatchObject({ round: 1, validRound: 0, valueId: world.idOf(value), polka })
  })

  it('line 21: everyone else waits for the nomination, 100 ms longer each round', () => {
    expect(timeoutsOf(firstEffects(0))).toContainEqual(
      expect.objectContaining({ step: 'propose', afterMs: 150 }),
    )
    expect(timeoutsOf(firstEffects(5))).toContainEqual(
      expect.objectContaining({ step: 'propose', afterMs: 650 }),
    )
    expect(timeoutsOf(firstEffects(900))).toContainEqual(expect.objectContaining({ afterMs: 5_000 }))
  })
})

describe('Algorithm 1, lines 22–27: a fresh nomination', () => {
  it('24: is prevoted when it is valid and the voter is not locked', () => {
    const voter = inRound(0)
    voter.receive(world.nomination(0, value))
    expect(voter.sent).toEqual([world.prevote(3, 0, value)])
    expect(voter.state.round.step).toBe('prevote')
  })

  it('26: gets a prevote for nil when it is not valid', () => {
    const voter = inRound(0)
    voter.receive(world.nomination(0, world.value([world.ballot(0)], 'tally')))
    expect(voter.sent).toEqual([world.prevote(3, 0, null)])
  })

  it('26: gets a prevote for nil when it claims expiry and the deadline has not passed here', () => {
    const voter = inRound(0)
    voter.receive(world.nomination(0, world.value([world.ballot(0)], 'expired')))
    expect(voter.sent).toEqual([world.prevote(3, 0, null)])
  })

  it('24: is prevoted when it claims expiry and the deadline has passed here, too', () => {
    const voter = inRound(0)
    voter.input({ type: 'deadline' })
    const expired = world.value([world.ballot(0)], 'expired')
    voter.receive(world.nomination(0, expired))
    expect(voter.sent).toEqual([world.prevote(3, 0, expired)])
  })

  it('26: gets a prevote for nil when it claims expiry and the ballots held here decide', () => {
    const voter = inRound(0)
    voter.input({ type: 'deadline' })
    voter.receive(world.ballot(0), world.ballot(1), world.ballot(2))
    voter.receive(world.nomination(0, world.value([world.ballot(0)], 'expired')))
    expect(voter.sentVotes('prevote')).toEqual([world.prevote(3, 0, null)])
  })

  it('is prevoted as cancelled only by a voter that was told so', () => {
    const cancelled = world.value([world.ballot(0)], 'cancelled')
    const [told, untold] = [inRound(0), inRound(0)]
    told.input({ type: 'cancel' })
    for (const voter of [told, untold]) voter.receive(world.nomination(0, cancelled))
    expect(told.sentVotes('prevote')).toEqual([world.prevote(3, 0, cancelled)])
    expect(untold.sentVotes('prevote')).toEqual([world.prevote(3, 0, null)])
  })

  it('is prevoted once: a second one in the round changes nothing', () => {
    const voter = inRound(0)
    voter.receive(world.nomination(0, value), world.nomination(0, other))
    expect(voter.sentVotes('prevote')).toEqual([world.prevote(3, 0, value)])
  })

  it('of another round than the current waits for its round', () => {
    const voter = inRound(0)
    voter.receive(world.nomination(1, value))
    expect(voter.sent).toEqual([])
    voter.timeout('precommit', 0)
    expect(voter.sent).toEqual([world.prevote(3, 1, value)])
  })
})

describe('Algorithm 1, lines 28–33: a nomination with a valid round', () => {
  it('30: is prevoted with its valid round when its polka is proven', () => {
    const voter = inRound(1)
    voter.receive(world.nomination(1, value, 0, world.polka([0, 1, 2], 0, value)))
    expect(voter.sent).toEqual([world.prevote(3, 1, value, 0)])
  })

  it('30: is proven as well by prevotes that came before it', () => {
    const voter = inRound(1)
    voter.receive(...world.polka([0, 1, 2], 0, value))
    voter.receive(world.nomination(1, value, 0))
    expect(voter.sent).toEqual([world.prevote(3, 1, value, 0)])
  })

  it('28: without a quorum of prevotes is not acted on, and times out to nil', () => {
    const voter = inRound(1)
    voter.receive(world.nomination(1, value, 0, world.polka([0, 1], 0, value)))
    expect(voter.sent).toEqual([])
    voter.timeout('propose', 1)
    expect(voter.sent).toEqual([world.prevote(3, 1, null)])
  })

  it('28: may not claim its own round or a later one', () => {
    const voter = inRound(1)
    const polka = world.polka([0, 1, 2], 1, value)
    expect(voter.receive(world.nomination(1, value, 1, polka))).toBe('malformed')
  })

  it('32: gets a prevote for nil when it is not valid', () => {
    const invalid = world.value([world.ballot(0)], 'tally')
    const voter = inRound(1)
    voter.receive(world.nomination(1, invalid, 0, world.polka([0, 1, 2], 0, invalid)))
    expect(voter.sent).toEqual([world.prevote(3, 1, null)])
  })

  it('29: is not asked again whether the deadline has passed', () => {
    const expired = world.value([world.ballot(0)], 'expired')
    const voter = inRound(1)
    voter.receive(world.nomination(1, expired, 0, world.polka([0, 1, 2], 0, expired)))
    expect(voter.sent).toEqual([world.prevote(3, 1, expired, 0)])
  })
})

function firstEffects(round: number) {
  const voter = new VoterUnderTest(world, 3)
  voter.receive(world.precommit(1, round, null), world.precommit(2, round, null))
  return voter.effects
}
