import { assertNever } from '../../model/errors.ts'
import {
  type Candidate,
  NOTHING_DONE,
  type RoundEvent,
  type RoundOrder,
  type RoundRole,
  type RoundState,
} from './round-state.ts'

/**
 * Tendermint consensus: Buchman, Kwon, Milosevic, "The latest gossip on BFT consensus", arXiv 1807.04938v3, Algorithm 1.
 * The numbers at the branches are its lines; what makes the events is in `next-event.ts`.
 *
 * Pure: equal arguments give equal results. Each order to nominate or vote must be signed and on record before it is
 * sent; the state that comes with it is what has to be recorded.
 */
export function stepRound(
  state: RoundState,
  event: RoundEvent,
): readonly [RoundState, readonly RoundOrder[]] {
  if (state.decided !== null) return [state, []]
  switch (event.type) {
    case 'start_round':
      return startRound(state, event.round, event.role)
    case 'value_ready':
      return nominateFresh(state, event.candidate)
    case 'fresh_nomination':
      return prevoteFresh(state, event)
    case 'proven_nomination':
      return prevoteProven(state, event)
    case 'prevotes_of_quorum':
      return awaitPrevotes(state)
    case 'polka':
      return seePolka(state, event)
    case 'nil_polka':
      return seeNilPolka(state)
    case 'precommits_of_quorum':
      return awaitPrecommits(state)
    case 'commit':
      return decide(state, event)
    case 'timeout':
      return timeOut(state, event)
    default:
      return assertNever(event)
  }
}

type Result = readonly [RoundState, readonly RoundOrder[]]
type EventOf<T extends RoundEvent['type']> = Extract<RoundEvent, { type: T }>

/** Lines 11–21. */
function startRound(before: RoundState, round: number, role: RoundRole): Result {
  if (round <= before.round) return [before, []]
  // 12, 13
  const state: RoundState = { ...before, round, step: 'propose', done: NOTHING_DONE }
  // 14
  if (role.type === 'proposer') {
    // 15, 16: what once had a polka is proposed again, with the polka, so that voters locked on less may follow.
    if (state.valid !== null) {
      const { id, value, round: validRound, polka } = state.valid
      const order: RoundOrder = { type: 'nominate', candidate: { id, value }, validRound, polka }
      return [{ ...state, done: { ...state.done, hasNominated: true } }, [order]]
    }
    // 18
    if (role.fresh !== null) return nominateFresh(state, role.fresh)
  }
  // 21; also for a proposer with nothing to propose, whom the others would else leave behind.
  return [state, [{ type: 'start_timeout', step: 'propose' }]]
}

/** Lines 18, 19. */
function nominateFresh(state: RoundState, candidate: Candidate): Result {
  if (state.step !== 'propose' || state.done.hasNominated) return [state, []]
  const order: RoundOrder = { type: 'nominate', candidate, validRound: -1, polka: [] }
  return [{ ...state, done: { ...state.done, hasNominated: true } }, [order]]
}

/** Lines 22–27. */
function prevoteFresh(state: RoundState, { candidate, isAcceptable }: EventOf<'fresh_nomination'>): Result {
  if (state.step !== 'propose') return [state, []]
  // 23: a voter that is locked on something else stays with it.
  const isFree = state.locked === null || state.locked.id === candidate.id
  const valueId = isAcceptable && isFree ? candidate.id : null
  // 24, 26, 27
  return [{ ...state, step: 'prevote' }, [{ type: 'prevote', valueId, validRound: -1 }]]
}

/** Lines 28–33. */
function prevoteProven(
  state: RoundState,
  { candidate, validRound, isValid }: EventOf<'proven_nomination'>,
): Result {
  if (state.step !== 'propose' || validRound < 0 || validRound >= state.round) return [state, []]
  // 29: a polka at or after one's own lock shows that the lock cannot have been decided.
  const { locked } = state
  const isFree = locked === null || locked.round <= validRound || locked.id === candidate.id
  const order: RoundOrder =
    isValid && isFree
      ? { type: 'prevote', valueId: candidate.id, validRound }
      : { type: 'prevote', valueId: null, validRound: -1 }
  // 30, 32, 33
  return [{ ...state, step: 'prevote' }, [order]]
}

/** Lines 34, 35. */
function awaitPrevotes(state: RoundState): Result {
  if (state.step !== 'prevote' || state.done.hasPrevoteTimeout) return [state, []]
  return [
    { ...state, done: { ...state.done, hasPrevoteTimeout: true } },
    [{ type: 'start_timeout', step: 'prevote' }],
  ]
}

/** Lines 36–43, for a value that is valid. */
function seePolka(state: RoundState, { candidate, polka }: EventOf<'polka'>): Result {
  if (state.step === 'propose' || state.done.hasPolka) return [state, []]
  const { round } = state
  // 42, 43
  const next: RoundState = {
    ...state,
    valid: { ...candidate, round, polka },
    done: { ...state.done, hasPolka: true },
  }
  // 37: too late to lock once the precommit is out.
  if (state.step !== 'prevote') return [next, []]
  // 38–41
  return [
    { ...next, locked: { ...candidate, round }, step: 'precommit' },
    [{ type: 'precommit', valueId: candidate.id }],
  ]
}

/** Lines 44–46. The lock stays: that nil had a polka here does not say that the value was not decided before. */
function seeNilPolka(state: RoundState): Result {
  if (state.step !== 'prevote') return [state, []]
  return [{ ...state, step: 'precommit' }, [{ type: 'precommit', valueId: null }]]
}

/** Lines 47, 48. */
function awaitPrecommits(state: RoundState): Result {
  if (state.done.hasPrecommitTimeout) return [state, []]
  return [
    { ...state, done: { ...state.done, hasPrecommitTimeout: true } },
    [{ type: 'start_timeout', step: 'precommit' }],
  ]
}

/** Lines 49–51, for a value that is valid; an instance has no next height, so 52–54 fall away. */
function decide(state: RoundState, { candidate, round }: EventOf<'commit'>): Result {
  const decided = { ...candidate, round }
  return [{ ...state, decided }, [{ type: 'decide', decided }]]
}

/** Lines 57–67. */
function timeOut(state: RoundState, { step, round }: EventOf<'timeout'>): Result {
  // 58, 62, 66: a timeout of an earlier round has nothing to say.
  if (round !== state.round) return [state, []]
  switch (step) {
    case 'propose':
      if (state.step !== 'propose') return [state, []]
      // 59, 60
      return [{ ...state, step: 'prevote' }, [{ type: 'prevote', valueId: null, validRound: -1 }]]
    case 'prevote':
      if (state.step !== 'prevote') return [state, []]
      // 63, 64
      return [{ ...state, step: 'precommit' }, [{ type: 'precommit', valueId: null }]]
    case 'precommit':
      // 67
      return [state, [{ type: 'next_round', round: round + 1 }]]
    default:
      return assertNever(step)
  }
}
