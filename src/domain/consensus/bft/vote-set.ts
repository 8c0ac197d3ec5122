import type { AgentId } from '../../model/ids.ts'
import type { SignedVote, ValueId } from '../signed-messages.ts'

/** The votes of one kind in one round: one by each voter, the first that arrived. */
export interface VoteSet {
  readonly votes: ReadonlyMap<AgentId, SignedVote>
  readonly weight: number
  readonly weightByValue: ReadonlyMap<ValueId | null, number>
}

export const NO_VOTES: VoteSet = { votes: new Map(), weight: 0, weightByValue: new Map() }

/** `vote` is by someone who has none in the set. */
export function withVote(set: VoteSet, vote: SignedVote, weight: number): VoteSet {
  return counted({ ...set, votes: new Map(set.votes).set(vote.voter, vote) }, vote.valueId, weight)
}

export function withoutVoter(set: VoteSet, voter: AgentId, weight: number): VoteSet {
  const vote = set.votes.get(voter)
  if (vote === undefined) return set
  const votes = new Map(set.votes)
  votes.delete(voter)
  return counted({ ...set, votes }, vote.valueId, -weight)
}

/** The votes for one value, in the order of their voters. */
export function votesFor(set: VoteSet, valueId: ValueId): SignedVote[] {
  return [...set.votes.values()]
    .filter((vote) => vote.valueId === valueId)
    .toSorted((a, b) => (a.voter < b.voter ? -1 : 1))
}

function counted(set: VoteSet, valueId: ValueId | null, weight: number): VoteSet {
  const weightByValue = new Map(set.weightByValue)
  weightByValue.set(valueId, (weightByValue.get(valueId) ?? 0) + weight)
  return { ...set, weight: set.weight + weight, weightByValue }
}
