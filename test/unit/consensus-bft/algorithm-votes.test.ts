import { describe, expect, it } from 'vitest'
import { inRound, other, prevoted, timeoutsOf, value, world } from './round-fixtures.ts'

describe('Algorithm 1, prevotes', () => {
  it('line 34: a quorum of prevotes of any kind starts the timeout, once', () => {
    const voter = prevoted()
    voter.receive(world.prevote(0, 0, null), world.prevote(1, 0, other))
    voter.receive(world.prevote(2, 0, value))
    expect(timeoutsOf(voter.effects)).toEqual([
      { type: 'start_timeout', step: 'prevote', round: 0, afterMs: 75 },
    ])
  })

  it('line 34: fewer than a quorum start nothing', () => {
    const voter = prevoted()
    voter.receive(world.prevote(0, 0, null))
    expect(timeoutsOf(voter.effects)).toEqual([])
  })

  it('line 36: a quorum of prevotes for the value locks it and is precommitted', () => {
    const voter = prevoted()
    voter.receive(world.prevote(0, 0, value), world.prevote(1, 0, value))
    expect(voter.sent).toEqual([world.precommit(3, 0, value)])
    expect(voter.state.round).toMatchObject({
      step: 'precommit',
      locked: { round: 0, id: world.idOf(value) },
      valid: { round: 0, id: world.idOf(value) },
    })
  })

  it('line 36: without the nomination the quorum of prevotes is not acted on', () => {
    const voter = inRound(0)
    voter.timeout('propose', 0)
    voter.receive(...world.polka([0, 1, 2], 0, value))
    expect(voter.sentVotes('precommit')).toEqual([])
    voter.receive(world.nomination(0, value))
    expect(voter.sentVotes('precommit')).toEqual([world.precommit(3, 0, value)])
  })

  it('line 36: a value that is not valid is never locked, whoever prevoted it', () => {
    const invalid = world.value([world.ballot(0)], 'tally')
    const voter = inRound(0)
    voter.receive(world.nomination(0, invalid), ...world.polka([0, 1, 2], 0, invalid))
    expect(voter.state.round.locked).toBeNull()
    expect(voter.sentVotes('precommit')).toEqual([])
  })

  it('lines 42, 43: a polka after the precommit makes the value valid but does not lock it', () => {
    const voter = prevoted()
    voter.receive(world.prevote(0, 0, null), world.prevote(1, 0, value))
    voter.timeout('prevote', 0)
    expect(voter.sent).toEqual([world.precommit(3, 0, null)])
    voter.receive(world.prevote(2, 0, value))
    expect(voter.state.round.locked).toBeNull()
    expect(voter.state.round.valid).toMatchObject({ round: 0, id: world.idOf(value) })
  })

  it('line 44: a quorum of prevotes for nil is precommitted as nil', () => {
    const voter = prevoted()
    voter.receive(...[0, 1, 2].map((at) => world.prevote(at, 0, null)))
    expect(voter.sent).toEqual([world.precommit(3, 0, null)])
  })

  it('counts no prevote of another round', () => {
    const voter = prevoted()
    voter.receive(world.prevote(0, 0, value), world.prevote(1, 1, value))
    expect(voter.sentVotes('precommit')).toEqual([])
  })

  it('counts no voter twice', () => {
    const voter = prevoted()
    expect(voter.receive(world.prevote(0, 0, value), world.prevote(0, 0, value))).toBe('duplicate')
    expect(voter.sentVotes('precommit')).toEqual([])
  })
})

describe('Algorithm 1, precommits', () => {
  it('line 47: a quorum of precommits of any kind starts the timeout, once', () => {
    const voter = inRound(0)
    voter.receive(world.precommit(0, 0, value))
    voter.receive(world.precommit(3, 0, other))
    expect(timeoutsOf(voter.effects)).toEqual([
      { type: 'start_timeout', step: 'precommit', round: 0, afterMs: 75 },
    ])
  })

  it('line 49: a quorum of precommits for the value decides it', () => {
    const voter = prevoted()
    voter.receive(...[0, 1, 2].map((at) => world.precommit(at, 0, value)))
    expect(voter.state.round.decided).toMatchObject({ id: world.idOf(value), round: 0 })
    expect(voter.effects).toContainEqual({ type: 'decided', certificate: voter.state.certificate })
  })

  it('line 49: decides in an earlier round, too, when its precommits come late', () => {
    const voter = inRound(3)
    voter.receive(world.nomination(0, value))
    voter.receive(...[0, 1, 2].map((at) => world.precommit(at, 0, value)))
    expect(voter.state.round.decided).toMatchObject({ id: world.idOf(value), round: 0 })
  })

  it('line 49: waits for the value when only its id is known', () => {
    const voter = inRound(0)
    voter.receive(...[0, 1, 2].map((at) => world.precommit(at, 1, value)))
    expect(voter.state.round.decided).toBeNull()
    voter.receive(world.nomination(1, value))
    expect(voter.state.round.decided).toMatchObject({ id: world.idOf(value), round: 1 })
  })

  it('line 50: never decides a value that is not valid', () => {
    const invalid = world.value([world.ballot(0)], 'tally')
    const voter = inRound(0)
    voter.receive(world.nomination(0, invalid))
    // A voter that lies has one precommit for nil already; the three others are all that is needed.
    voter.receive(...[0, 1, 2, 3].map((at) => world.precommit(at, 1, invalid)))
    expect(voter.state.round.decided).toBeNull()
  })

  it('does not add up precommits of different rounds', () => {
    const voter = inRound(3)
    voter.receive(world.nomination(0, value), world.nomination(1, value))
    voter.receive(world.precommit(0, 0, value), world.precommit(1, 0, value), world.precommit(2, 1, value))
    expect(voter.state.round.decided).toBeNull()
  })

  it('does not take prevotes for precommits', () => {
    const voter = prevoted()
    voter.receive(world.prevote(0, 0, value), world.prevote(1, 0, value), world.prevote(2, 0, value))
    expect(voter.state.round.decided).toBeNull()
  })
})

describe('Algorithm 1, leaving a round', () => {
  it('line 55: f + 1 voters in a later round take it there', () => {
    const voter = inRound(0)
    voter.receive(world.prevote(0, 4, null))
    expect(voter.state.round.round).toBe(0)
    voter.receive(world.precommit(1, 4, null))
    expect(voter.state.round).toMatchObject({ round: 4, step: 'propose' })
  })

  it('line 55: one voter with many messages of a later round does not', () => {
    const voter = inRound(0)
    voter.receive(world.prevote(1, 1, null), world.precommit(1, 1, null), world.nomination(1, value))
    expect(voter.state.round.round).toBe(0)
  })

  it('line 57: the wait for a nomination ends in a prevote for nil', () => {
    const voter = inRound(0)
    voter.timeout('propose', 0)
    expect(voter.sent).toEqual([world.prevote(3, 0, null)])
    expect(voter.state.round.step).toBe('prevote')
  })

  it('line 61: the wait for prevotes ends in a precommit for nil', () => {
    const voter = prevoted()
    voter.timeout('prevote', 0)
    expect(voter.sent).toEqual([world.precommit(3, 0, null)])
    expect(voter.state.round.step).toBe('precommit')
  })

  it('line 65: the wait for precommits ends in the next round', () => {
    const voter = inRound(0)
    voter.timeout('precommit', 0)
    expect(voter.state.round).toMatchObject({ round: 1, step: 'propose' })
  })

  it('lines 58, 62, 66: a timeout of an earlier round or step has nothing to say', () => {
    const voter = inRound(2)
    for (const step of ['propose', 'prevote', 'precommit'] as const) voter.timeout(step, 1)
    voter.timeout('prevote', 2)
    expect(voter.sent).toEqual([])
    expect(voter.state.round).toMatchObject({ round: 2, step: 'propose' })
  })

  it('does nothing more once it has decided', () => {
    const voter = prevoted()
    voter.receive(...[0, 1, 2].map((at) => world.precommit(at, 0, value)))
    voter.forget()
    voter.receive(world.nomination(1, other), ...world.polka([0, 1, 2], 1, other))
    voter.timeout('precommit', 0)
    expect(voter.effects).toEqual([])
  })
})
