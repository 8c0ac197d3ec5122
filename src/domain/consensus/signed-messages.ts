import type { Hash, Signature } from '../model/hex.ts'
import type { AgentId } from '../model/ids.ts'

/** What a voter wants, with an optional reason. One for each voter and proposal: a second, different one is an offence. */
export interface SignedBallot {
  readonly kind: 'ballot'
  readonly voter: AgentId
  /** An option of the proposal, or `abstain`. */
  readonly choice: string
  readonly reason?: string
  readonly signature: Signature
}

/**
 * How an agreement ends: by the ballots' own tally, because the deadline passed before they were conclusive, or because
 * the proposal was cancelled.
 */
export type Ending = 'tally' | 'expired' | 'cancelled'

/** What the voters agree on: the very ballots that count. The outcome follows from them, so nobody can misstate it. */
export interface DecisionValue {
  readonly ending: Ending
  /** In the order of `compareBallots`, none twice, at most two by one voter. */
  readonly ballots: readonly SignedBallot[]
}

/** Names a {@link DecisionValue} by its content: the paper's id(v). */
export type ValueId = Hash

/** Tendermint's PREVOTE and PRECOMMIT. */
export interface SignedVote {
  readonly kind: 'prevote' | 'precommit'
  readonly voter: AgentId
  readonly round: number
  /** The round of the polka that a prevote rests on; −1 for a fresh value, for nil, and in every precommit. */
  readonly validRound: number
  /** Null is the paper's nil. */
  readonly valueId: ValueId | null
  readonly signature: Signature
}

/** Tendermint's PROPOSAL: the value one voter puts forward in its round. */
export interface SignedNomination {
  readonly kind: 'nomination'
  readonly voter: AgentId
  readonly round: number
  readonly validRound: number
  readonly valueId: ValueId
  readonly value: DecisionValue
  /**
   * The quorum of prevotes for the value in `validRound`; empty where that is −1. It travels along because a voter that
   * missed those prevotes could otherwise never follow, and one lock that only its holder can explain would block all.
   */
  readonly polka: readonly SignedVote[]
  readonly signature: Signature
}

export type SignedMessage = SignedBallot | SignedNomination | SignedVote
export type RoundMessage = SignedNomination | SignedVote

/** What a nomination's author signs: the value by its id; the proof proves itself. */
export type NominationStatement = Omit<SignedNomination, 'value' | 'polka'>
export type SignedStatement = SignedBallot | SignedVote | NominationStatement

/** A message before its author signed it. */
export type Unsigned<M> = M extends { readonly signature: Signature } ? Omit<M, 'signature'> : never
export type UnsignedMessage = Unsigned<SignedMessage>
export type UnsignedStatement = Unsigned<SignedStatement>
