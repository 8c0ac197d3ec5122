import type { DecisionValue, SignedVote, ValueId } from '../signed-messages.ts'
import type { RoundStep } from './round-timeout.ts'

/** A value with its id at hand. */
export interface Candidate {
  readonly id: ValueId
  readonly value: DecisionValue
}

/** The paper's lockedValue and lockedRound. */
export interface LockedValue extends Candidate {
  readonly round: number
}

/** The paper's validValue and validRound, with the quorum of prevotes that proves them to others. */
export interface ValidValue extends Candidate {
  readonly round: number
  readonly polka: readonly SignedVote[]
}

/** One voter's place in Algorithm 1. It knows nothing of votes: what they add up to comes in as events. */
export interface RoundState {
  /** The paper's round_p; −1 while the voter still waits for something to propose or for others to begin. */
  readonly round: number
  readonly step: RoundStep
  /** Null is the paper's lockedRound = −1. */
  readonly locked: LockedValue | null
  readonly valid: ValidValue | null
  readonly decided: LockedValue | null
  /** What lines 34, 36 and 47 do "for the first time" in a round, and whether this voter made its proposal in it. */
  readonly done: RoundDeeds
}

export interface RoundDeeds {
  readonly hasNominated: boolean
  readonly hasPrevoteTimeout: boolean
  readonly hasPolka: boolean
  readonly hasPrecommitTimeout: boolean
}

export const NOTHING_DONE: RoundDeeds = {
  hasNominated: false,
  hasPrevoteTimeout: false,
  hasPolka: false,
  hasPrecommitTimeout: false,
}

export const BEFORE_ROUND_0: RoundState = {
  round: -1,
  step: 'propose',
  locked: null,
  valid: null,
  decided: null,
  done: NOTHING_DONE,
}

/** What a voter has come to know, in the words of Algorithm 1; the numbers are its lines. */
export type RoundEvent =
  /** 11: begin a round; also 10, the start, and 56, others are there already. */
  | { readonly type: 'start_round'; readonly round: number; readonly role: RoundRole }
  /** 18: the proposer of the current round has something to propose only now. */
  | { readonly type: 'value_ready'; readonly candidate: Candidate }
  /** 22 */
  | { readonly type: 'fresh_nomination'; readonly candidate: Candidate; readonly isAcceptable: boolean }
  /** 28 */
  | {
      readonly type: 'proven_nomination'
      readonly candidate: Candidate
      readonly validRound: number
      readonly isValid: boolean
    }
  /** 34 */
  | { readonly type: 'prevotes_of_quorum' }
  /** 36 */
  | { readonly type: 'polka'; readonly candidate: Candidate; readonly polka: readonly SignedVote[] }
  /** 44 */
  | { readonly type: 'nil_polka' }
  /** 47 */
  | { readonly type: 'precommits_of_quorum' }
  /** 49 */
  | { readonly type: 'commit'; readonly candidate: Candidate; readonly round: number }
  /** 57, 61, 65 */
  | { readonly type: 'timeout'; readonly step: RoundStep; readonly round: number }

export type RoundRole =
  /** `fresh` is the paper's getValue(); null while there is nothing to propose. */
  { readonly type: 'proposer'; readonly fresh: Candidate | null } | { readonly type: 'follower' }

/** What follows for the outside, in order. */
export type RoundOrder =
  | {
      readonly type: 'nominate'
      readonly candidate: Candidate
      readonly validRound: number
      readonly polka: readonly SignedVote[]
    }
  | { readonly type: 'prevote'; readonly valueId: ValueId | null; readonly validRound: number }
  | { readonly type: 'precommit'; readonly valueId: ValueId | null }
  | { readonly type: 'start_timeout'; readonly step: RoundStep }
  /** 65: the round has passed; whether this voter proposes in the next one is not for the machine to know. */
  | { readonly type: 'next_round'; readonly round: number }
  | { readonly type: 'decide'; readonly decided: LockedValue }
