import type { AgentId, MonotonicMs } from '../../model/ids.ts'
import { isQuorum } from './quorum.ts'
import type { PreVoteReply, VoteGrant } from './raft-message.ts'
import { canCampaign, type RaftState, withElectionTimer } from './raft-state.ts'
import { becomeLeader, broadcastEntries } from './replication.ts'
import { term } from './term.ts'
import { headerTo, otherVoters, type Transition, unchanged } from './transition.ts'
import { lastEntry, votersOf } from './voter-log.ts'

/**
 * PreVote (§9.6): asks whether a campaign could be won before the term is raised, so that a voter that was cut off, or
 * whose log is old, does not unseat a leader when it comes back.
 */
export function startPreVote(state: RaftState, at: MonotonicMs): Transition {
  if (!canCampaign(state)) return unchanged(state)
  const grants = new Set([state.self])
  const asking: RaftState = withElectionTimer(
    { ...state, role: { type: 'pre_candidate', grants }, leaderId: null, loyalSince: null },
    at,
  )
  if (hasQuorum(asking, grants)) return startCampaign(asking, at, { isTransfer: false })
  const sought = term(state.durable.term + 1)
  const effects = otherVoters(state).map((to) => ({
    type: 'send' as const,
    message: { type: 'pre_vote' as const, ...headerTo(state, to), term: sought, ...logEnd(state) },
  }))
  return [asking, effects]
}

export function onPreVoteReply(state: RaftState, reply: PreVoteReply, at: MonotonicMs): Transition {
  const { role, durable } = state
  if (role.type !== 'pre_candidate' || !reply.isGranted || reply.term !== durable.term + 1) {
    return unchanged(state)
  }
  const grants = new Set(role.grants).add(reply.from)
  if (hasQuorum(state, grants)) return startCampaign(state, at, { isTransfer: false })
  return unchanged({ ...state, role: { type: 'pre_candidate', grants } })
}

/** §3.4: raises the term and asks for votes, its own among them. */
export function startCampaign(
  state: RaftState,
  at: MonotonicMs,
  { isTransfer }: { readonly isTransfer: boolean },
): Transition {
  const durable = { ...state.durable, term: term(state.durable.term + 1), votedFor: state.self }
  const candidate: RaftState = withElectionTimer(
    { ...state, durable, role: { type: 'candidate', votes: new Map() }, leaderId: null, loyalSince: at },
    at,
  )
  const requests = otherVoters(candidate).map((to) => ({
    type: 'send' as const,
    message: { type: 'vote_request' as const, ...headerTo(candidate, to), ...logEnd(candidate), isTransfer },
  }))
  const { epoch } = durable
  return [candidate, [{ type: 'grant_vote', candidate: state.self, epoch, term: durable.term }, ...requests]]
}

/** Counts a vote of this term. The message's term equals the own one: `stepRaft` saw to that. */
export function onVoteGrant(state: RaftState, grant: VoteGrant, at: MonotonicMs): Transition {
  if (state.role.type !== 'candidate') return unchanged(state)
  // A vote from outside the electorate would not stand in the certificate.
  if (!votersOf(state.durable.log).includes(grant.from)) return unchanged(state)
  const votes = new Map(state.role.votes).set(grant.from, grant.signature)
  if (!hasQuorum(state, votes)) return unchanged({ ...state, role: { type: 'candidate', votes } })
  return broadcastEntries(becomeLeader(state, votes, at))
}

function hasQuorum(state: RaftState, supporters: { has(voter: AgentId): boolean }): boolean {
  return isQuorum(votersOf(state.durable.log), (voter) => supporters.has(voter))
}

function logEnd({ durable }: RaftState) {
  const last = lastEntry(durable.log)
  return { lastIndex: last.index, lastTerm: last.term }
}
