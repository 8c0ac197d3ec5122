import type { AgentId } from '../../model/ids.ts'
import { type BallotBox, ballotsIn, EMPTY_BOX } from '../ballot-box.ts'
import type { DecisionCertificate } from '../certificate.ts'
import { valueIdOf } from '../decision-value.ts'
import type { Equivocation } from '../evidence.ts'
import type { DecisionInstance } from '../instance.ts'
import type { Hasher } from '../ports/hasher.ts'
import type {
  DecisionValue,
  Ending,
  SignedBallot,
  SignedMessage,
  SignedNomination,
  SignedVote,
  Unsigned,
} from '../signed-messages.ts'
import { tally } from '../tally.ts'
import {
  BEFORE_ROUND_0,
  type Candidate,
  type LockedValue,
  type RoundState,
  type ValidValue,
} from './round-state.ts'
import type { RoundStep } from './round-timeout.ts'
import { EMPTY_KEEPER, type HeldNomination, type VoteKeeper } from './vote-keeper.ts'

/** All that one voter, or an observer, knows of one instance. */
export interface BftState {
  readonly instance: DecisionInstance
  /** Null for an observer: it collects the decision and the evidence, and signs nothing. */
  readonly self: AgentId | null
  readonly round: RoundState
  readonly keeper: VoteKeeper
  readonly ballots: BallotBox
  /** The deadline has passed, on one's own clock. */
  readonly isExpired: boolean
  readonly isCancelled: boolean
  /** Voters whose contradiction was reported; one report each is enough. */
  readonly accused: ReadonlySet<AgentId>
  readonly certificate: DecisionCertificate | null
  /** Where the voter stood when it last sent again; null before the first time. */
  readonly lastResend: { readonly round: number; readonly step: RoundStep } | null
}

/** What can happen to an instance. Messages have passed {@link Admission}; one's own come in like everybody's. */
export type BftInput =
  | { readonly type: 'ballot'; readonly ballot: SignedBallot }
  | { readonly type: 'nomination'; readonly nomination: HeldNomination }
  | { readonly type: 'vote'; readonly vote: SignedVote }
  /** A certificate that was verified, from someone who decided before. */
  | { readonly type: 'certificate'; readonly certificate: DecisionCertificate; readonly decided: LockedValue }
  | { readonly type: 'timeout'; readonly step: RoundStep; readonly round: number }
  | { readonly type: 'deadline' }
  | { readonly type: 'cancel' }
  /** Now and then, and whenever a connection is made: what was sent may not have arrived. */
  | { readonly type: 'resend' }

/** What has to be done, in the order of the array. */
export type BftEffect =
  /**
   * Sign, put on record together with `locked` and `valid`, and only when that is durable send to all and feed back as
   * an input. A vote that leaves earlier could be contradicted after a crash.
   */
  | {
      readonly type: 'sign'
      readonly message: Unsigned<SignedNomination | SignedVote>
      readonly locked: LockedValue | null
      readonly valid: ValidValue | null
    }
  | {
      readonly type: 'start_timeout'
      readonly step: RoundStep
      readonly round: number
      readonly afterMs: number
    }
  | { readonly type: 'start_deadline'; readonly afterMs: number }
  | { readonly type: 'send'; readonly messages: readonly SignedMessage[] }
  | { readonly type: 'send_certificate'; readonly certificate: DecisionCertificate }
  | { readonly type: 'accuse'; readonly equivocation: Equivocation }
  | { readonly type: 'decided'; readonly certificate: DecisionCertificate }

export type Transition = readonly [BftState, readonly BftEffect[]]

export function initialState(instance: DecisionInstance, self: AgentId | null): BftState {
  return {
    instance,
    self,
    round: BEFORE_ROUND_0,
    keeper: EMPTY_KEEPER,
    ballots: EMPTY_BOX,
    isExpired: false,
    isCancelled: false,
    accused: new Set(),
    certificate: null,
    lastResend: null,
  }
}

/**
 * The paper's getValue(): what this voter would propose afresh, null while there is nothing. Ballots that decide come
 * before a cancellation or the deadline, so that what was approved in time stays approved.
 */
export function freshCandidate(state: BftState, hasher: Hasher): Candidate | null {
  const ending = freshEnding(state)
  if (ending === null) return null
  const value: DecisionValue = { ending, ballots: ballotsIn(state.ballots) }
  return { id: valueIdOf(value, hasher), value }
}

/**
 * The part of line 23 that depends on time and on the ballots one holds, asked only of a fresh value. A value that comes
 * with a polka was found fit by honest voters already; asking again could block it for ever.
 */
export function fitsNow(state: BftState, { ending }: DecisionValue): boolean {
  if (ending === 'tally') return true
  return !isDecidedByBallots(state) && (ending === 'cancelled' ? state.isCancelled : state.isExpired)
}

function freshEnding(state: BftState): Ending | null {
  if (isDecidedByBallots(state)) return 'tally'
  if (state.isCancelled) return 'cancelled'
  return state.isExpired ? 'expired' : null
}

function isDecidedByBallots({ instance: { proposal, electorate }, ballots }: BftState): boolean {
  return tally(proposal, electorate, ballotsIn(ballots)).outcome.verdict !== 'inconclusive'
}
