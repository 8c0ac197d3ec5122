import type { BftInput, BftState, Transition } from '#domain/consensus/bft/bft-state.ts'
import { type BftPieces, SOUND_PIECES } from './bft-pieces.ts'

type Step = BftPieces['step']

const { open, step, restore } = SOUND_PIECES

/** The core with one rule broken, each as somebody shipped it once. The simulation has to find every one of them. */
export const MUTANTS: Readonly<Record<string, BftPieces>> = {
  // Line 23 and 29 without regard to one's own lock.
  lock_ignored: mutant((state, input, hasher) => unlocked(step(state, input, hasher))),

  // Line 44 taken for a reason to unlock.
  nil_unlocks: mutant((state, input, hasher) => {
    const transition = step(state, input, hasher)
    const saysNil = transition[1].some(
      (effect) =>
        effect.type === 'sign' && effect.message.kind === 'precommit' && effect.message.valueId === null,
    )
    return saysNil ? unlocked(transition) : transition
  }),

  // ⌈2W/3⌉ instead of more than two thirds: the same for all but multiples of three.
  ceil_quorum: mutant((state, input, hasher) =>
    withTotalWeight(state, (weight) => (weight % 3 === 0 ? weight - 1 : weight), input, hasher),
  ),

  // More than one half instead of more than two thirds.
  majority_quorum: mutant((state, input, hasher) =>
    withTotalWeight(state, (weight) => Math.floor((3 * weight) / 4), input, hasher),
  ),

  // Votes of other rounds added up with those of this one.
  cross_round_quorum: mutant((state, input, hasher) => {
    const { round } = state.round
    const isElsewhere = input.type === 'vote' && round >= 0 && input.vote.round !== round
    return both(
      state,
      input,
      isElsewhere ? { type: 'vote', vote: { ...input.vote, round } } : undefined,
      hasher,
    )
  }),

  prevote_counted_as_precommit: mutant((state, input, hasher) => {
    const isPrevote =
      input.type === 'vote' && input.vote.kind === 'prevote' && input.vote.voter !== state.self
    const copy: BftInput | undefined = isPrevote
      ? { type: 'vote', vote: { ...input.vote, kind: 'precommit', validRound: -1 } }
      : undefined
    return both(state, input, copy, hasher)
  }),

  // Line 28 without its quorum of prevotes.
  unproven_valid_round: mutant((state, input, hasher) => {
    if (input.type !== 'nomination') return step(state, input, hasher)
    const { message } = input.nomination
    const nomination = { ...input.nomination, isProven: true, message: { ...message, polka: [] } }
    return step(state, { type: 'nomination', nomination }, hasher)
  }),

  // valid(v) not asked.
  invalid_value_accepted: mutant((state, input, hasher) => {
    if (input.type !== 'nomination') return step(state, input, hasher)
    return step(state, { type: 'nomination', nomination: { ...input.nomination, isValid: true } }, hasher)
  }),

  // No record of what was signed: a restart begins anew.
  journal_skipped: {
    ...SOUND_PIECES,
    judgeSlot: () => ({ type: 'sign' }),
    restore: (instance, self) => open(instance, self),
  },

  // A record of what was signed, but not of the lock.
  lock_not_recorded: {
    ...SOUND_PIECES,
    restore: (instance, self, records, hasher) =>
      restore(
        instance,
        self,
        records.map((record) => ({ ...record, locked: null, valid: null })),
        hasher,
      ),
  },
}

function mutant(broken: Step): BftPieces {
  return { ...SOUND_PIECES, step: broken }
}

function unlocked([state, effects]: Transition): Transition {
  return [{ ...state, round: { ...state.round, locked: null } }, effects]
}

function withTotalWeight(
  state: BftState,
  weightOf: (weight: number) => number,
  input: BftInput,
  hasher: Parameters<Step>[2],
): Transition {
  const { instance } = state
  const { electorate } = instance
  const totalWeight = Math.max(1, weightOf(electorate.totalWeight))
  const shrunk = { ...instance, electorate: { ...electorate, totalWeight } }
  const [next, effects] = step({ ...state, instance: shrunk }, input, hasher)
  return [{ ...next, instance }, effects]
}

function both(
  state: BftState,
  input: BftInput,
  copy: BftInput | undefined,
  hasher: Parameters<Step>[2],
): Transition {
  const [first, effects] = step(state, input, hasher)
  if (copy === undefined) return [first, effects]
  const [second, more] = step(first, copy, hasher)
  return [second, [...effects, ...more]]
}
