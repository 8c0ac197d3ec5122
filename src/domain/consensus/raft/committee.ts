import type { AgentId, EpochMs, MonotonicMs } from '../../model/ids.ts'
import { isQuorum, RAFT_VOTERS_MAX } from './quorum.ts'
import type { VoterChange } from './raft-input.ts'

/** An agent that could vote: registered, and live now. */
export interface CommitteeCandidate {
  readonly agentId: AgentId
  readonly holdsOwnKey: boolean
  readonly registeredAt: EpochMs
}

/** The voters of a new electorate: those with a key of their own before the others, the longest-lived first. */
export function chooseCommittee(candidates: readonly CommitteeCandidate[]): readonly AgentId[] {
  return candidates
    .toSorted(byPreference)
    .slice(0, RAFT_VOTERS_MAX)
    .map(({ agentId }) => agentId)
}

/**
 * The next single change that brings a committee nearer to what it should be; undefined where it is that. Age alone
 * puts nobody out: a committee that follows every coming and going is elected anew all the time.
 */
export function nextVoterChange(
  voters: readonly AgentId[],
  candidates: readonly CommitteeCandidate[],
): VoterChange | undefined {
  const byId = new Map(candidates.map((candidate) => [candidate.agentId, candidate]))
  const gone = voters.find((voter) => !byId.has(voter))
  if (gone !== undefined) return voters.length > 1 ? { type: 'remove', agentId: gone } : undefined

  const [best] = candidates.filter(({ agentId }) => !voters.includes(agentId)).toSorted(byPreference)
  if (best === undefined) return undefined
  if (voters.length < RAFT_VOTERS_MAX) return { type: 'add', agentId: best.agentId }

  const worst = candidates
    .filter(({ agentId }) => voters.includes(agentId))
    .toSorted(byPreference)
    .at(-1)
  if (worst === undefined || worst.holdsOwnKey || !best.holdsOwnKey) return undefined
  return { type: 'remove', agentId: worst.agentId }
}

function byPreference(a: CommitteeCandidate, b: CommitteeCandidate): number {
  if (a.holdsOwnKey !== b.holdsOwnKey) return a.holdsOwnKey ? -1 : 1
  return a.registeredAt - b.registeredAt || (a.agentId < b.agentId ? -1 : 1)
}

/** How long an electorate must be lost before the hub gives it up and logs another. */
export const ELECTORATE_PATIENCE_MS = 10_000

export interface ElectorateHealth {
  /** As of the newest committed change. */
  readonly voters: readonly AgentId[]
  isLive(voter: AgentId): boolean
  /** A live agent leads in the newest epoch, as far as the hub has heard. */
  readonly hasLeader: boolean
}

/**
 * Since when an electorate is lost; null while it is not. Asked at every coming and going, and when a leader is found or
 * lost. Lost is one most of whose voters are gone, and also one that has no leader: it may wait for a voter that went
 * before its addition was committed, and only the voters know of that.
 */
export function electorateLostSince(
  lostSince: MonotonicMs | null,
  { voters, isLive, hasLeader }: ElectorateHealth,
  at: MonotonicMs,
): MonotonicMs | null {
  return hasLeader && isQuorum(voters, isLive) ? null : (lostSince ?? at)
}
