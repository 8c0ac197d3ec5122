import type { AgentId } from '../model/ids.ts'
import type { SignedBallot } from './signed-messages.ts'

/** A second ballot is kept as proof against its voter; a third would prove nothing more. */
const BALLOTS_PER_VOTER_MAX = 2

/** The ballots one holds, at most two by each voter. */
export type BallotBox = ReadonlyMap<AgentId, readonly SignedBallot[]>

export const EMPTY_BOX: BallotBox = new Map()

export interface BoxChange {
  readonly box: BallotBox
  /** The ballot that contradicts this one, where this is a voter's second. */
  readonly contradicted?: SignedBallot
}

/** Adds a ballot whose signature was checked; one that is there already, or one too many, changes nothing. */
export function addBallot(box: BallotBox, ballot: SignedBallot): BoxChange {
  const held = box.get(ballot.voter) ?? []
  if (held.length >= BALLOTS_PER_VOTER_MAX || held.some((other) => saysTheSame(other, ballot))) return { box }
  const [contradicted] = held
  const next = new Map(box).set(ballot.voter, [...held, ballot])
  return contradicted === undefined ? { box: next } : { box: next, contradicted }
}

/** All ballots in their canonical order. */
export function ballotsIn(box: BallotBox): SignedBallot[] {
  return [...box.values()].flat().toSorted(compareBallots)
}

/** By voter, then by signature: the one order in which ballots may stand in a value. */
export function compareBallots(a: SignedBallot, b: SignedBallot): number {
  if (a.voter !== b.voter) return a.voter < b.voter ? -1 : 1
  if (a.signature === b.signature) return 0
  return a.signature < b.signature ? -1 : 1
}

/** Whether two ballots of one voter are the same statement. Signatures can differ: Ed25519 lets its owner make many. */
export function saysTheSame(a: SignedBallot, b: SignedBallot): boolean {
  return a.choice === b.choice && a.reason === b.reason
}
