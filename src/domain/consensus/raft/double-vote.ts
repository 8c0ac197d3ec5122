import type { AgentId } from '../../model/ids.ts'
import type { SignatureVerifier } from '../ports/signature-verifier.ts'
import { compareLeadership } from './term.ts'
import { type ElectionPlace, isVoteSound, type KeyOf, type Vote } from './vote-certificate.ts'

/** Two votes of one voter for two candidates in one term: no voter that keeps its records gives them. */
export interface DoubleVote {
  readonly first: Vote
  readonly second: Vote
}

function isDouble(first: Vote, second: Vote): boolean {
  return (
    first.voter === second.voter &&
    compareLeadership(first, second) === 0 &&
    first.candidate !== second.candidate
  )
}

/** Whether the evidence proves itself to somebody who knows the voter's key. */
export function provesDoubleVote(
  place: ElectionPlace,
  { first, second }: DoubleVote,
  keyOf: KeyOf,
  verifier: SignatureVerifier,
): boolean {
  return isDouble(first, second) && [first, second].every((vote) => isVoteSound(place, vote, keyOf, verifier))
}

/** Terms remembered for each voter; candidates of older ones have given up. */
const TERMS_KEPT_MAX = 8

/** Watches the votes that pass through the hub. Bounded by the voters it is asked about, each with a few votes. */
export class DoubleVoteWatch {
  readonly #votes = new Map<AgentId, readonly Vote[]>()

  /** @param vote with a signature that was checked: else anybody could put blame on the voter. */
  observe(vote: Vote): DoubleVote | undefined {
    const earlier = this.#votes.get(vote.voter) ?? []
    const first = earlier.find((other) => compareLeadership(other, vote) === 0)
    if (first !== undefined) return isDouble(first, vote) ? { first, second: vote } : undefined
    this.#votes.set(vote.voter, [...earlier, vote].toSorted(compareLeadership).slice(-TERMS_KEPT_MAX))
    return undefined
  }

  /** The voter left the electorate. */
  forget(voter: AgentId): void {
    this.#votes.delete(voter)
  }
}
