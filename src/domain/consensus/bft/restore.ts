import type { AgentId } from '../../model/ids.ts'
import { addBallot } from '../ballot-box.ts'
import type { DecisionInstance } from '../instance.ts'
import type { Hasher } from '../ports/hasher.ts'
import type { SigningRecord } from '../ports/signing-journal.ts'
import type { RoundMessage, SignedMessage } from '../signed-messages.ts'
import { settle } from './bft-core.ts'
import { type BftEffect, type BftState, initialState, type Transition } from './bft-state.ts'
import { NOTHING_DONE, type RoundState } from './round-state.ts'
import type { RoundStep } from './round-timeout.ts'
import { addNomination, addVote } from './vote-keeper.ts'

/**
 * Takes an instance up again after a restart: the voter stands where its last recorded vote left it, locked on what it
 * was locked on, and everything it signed goes out again, byte for byte, since nobody knows whether it left before.
 * Others' messages come again from the hub. The deadline starts afresh, in full.
 *
 * @param records all of the journal's for the instance, in the order they were written.
 */
export function restoreInstance(
  instance: DecisionInstance,
  self: AgentId,
  records: readonly SigningRecord[],
  hasher: Hasher,
): Transition {
  const effects: BftEffect[] = [{ type: 'start_deadline', afterMs: instance.proposal.deadlineMs }]
  const messages = records.map(({ message }) => message)
  if (messages.length > 0) effects.push({ type: 'send', messages })
  const kept = messages.reduce(takeOwn, initialState(instance, self))
  return [settle({ ...kept, round: roundAfter(kept.round, records) }, hasher, effects), effects]
}

/** One's own message needs no check: it was made by this very code. */
function takeOwn(state: BftState, message: SignedMessage): BftState {
  const { electorate } = state.instance
  switch (message.kind) {
    case 'ballot':
      return { ...state, ballots: addBallot(state.ballots, message).box }
    case 'nomination': {
      const nomination = { message, isValid: true, isProven: true }
      const ballots = message.value.ballots.reduce((box, ballot) => addBallot(box, ballot).box, state.ballots)
      return { ...state, ballots, keeper: addNomination(state.keeper, nomination, electorate).keeper }
    }
    case 'prevote':
    case 'precommit':
      return { ...state, keeper: addVote(state.keeper, message, electorate).keeper }
    default:
      return message satisfies never
  }
}

const STEP_AFTER = {
  nomination: 'propose',
  prevote: 'prevote',
  precommit: 'precommit',
} as const satisfies Record<RoundMessage['kind'], RoundStep>

function roundAfter(before: RoundState, records: readonly SigningRecord[]): RoundState {
  const last = records.findLast(({ message }) => message.kind !== 'ballot')
  if (last === undefined || last.message.kind === 'ballot') return before
  const { message, locked, valid } = last
  const { kind, round } = message
  return {
    ...before,
    round,
    step: STEP_AFTER[kind],
    locked,
    valid,
    done: { ...NOTHING_DONE, hasNominated: true },
  }
}
