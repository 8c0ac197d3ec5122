import { expect } from 'vitest'
import { DecisionWorld } from '../../helpers/decision/decision-world.ts'
import { VoterUnderTest } from '../../helpers/decision/voter-under-test.ts'

/** Four voters of weight 1: a quorum is three, f is one. v00 proposes in round 0, v01 in round 1, and so on. */
export const world = new DecisionWorld()
export const value = world.approvals(0, 1, 2)
export const other = world.approvals(0, 1, 2, 3)

/** A voter that has begun a round because two others have, and has signed nothing yet. */
export function inRound(round: number, at = 3): VoterUnderTest {
  const voter = new VoterUnderTest(world, at)
  voter.receive(world.precommit(1, round, null), world.precommit(2, round, null))
  expect(voter.state.round).toMatchObject({ round, step: 'propose' })
  voter.forget()
  return voter
}

/** A voter that has prevoted for the value of round 0. */
export function prevoted(at = 3): VoterUnderTest {
  const voter = new VoterUnderTest(world, at)
  voter.receive(world.nomination(0, value))
  expect(voter.state.round).toMatchObject({ round: 0, step: 'prevote' })
  voter.forget()
  return voter
}

export function timeoutsOf(effects: VoterUnderTest['effects']) {
  return effects.filter(({ type }) => type === 'start_timeout')
}
