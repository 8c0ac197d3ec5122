import type { AgentId, MonotonicMs } from '../../model/ids.ts'
import type { RaftEffect } from './raft-input.ts'
import { FOLLOWER, type RaftState, withElectionTimer } from './raft-state.ts'
import type { ElectorateEpoch, Term } from './term.ts'
import { votersOf } from './voter-log.ts'

/**
 * What a handler makes of an input. It leaves `persist` and `announce_leader` to `stepRaft`, which sees what changed
 * and puts the former first.
 */
export type Transition = readonly [state: RaftState, effects: readonly RaftEffect[]]

export const unchanged = (state: RaftState): Transition => [state, []]

/** The head of a message under the sender's own term. */
export function headerTo(
  { self, durable }: RaftState,
  to: AgentId,
): { epoch: ElectorateEpoch; term: Term; from: AgentId; to: AgentId } {
  return { epoch: durable.epoch, term: durable.term, from: self, to }
}

export function otherVoters({ self, durable }: RaftState): readonly AgentId[] {
  return votersOf(durable.log).filter((voter) => voter !== self)
}

/** Gives up leading or campaigning and follows nobody, in the same term. */
export function stoodDown(state: RaftState, at: MonotonicMs): RaftState {
  return withElectionTimer({ ...state, role: FOLLOWER, leaderId: null, loyalSince: null }, at)
}

/**
 * Enters a newer term (§3.3). A follower's timer runs on: were it set back here, one voter with an old log could keep
 * the others from campaigning by raising terms that nobody votes for.
 */
export function withNewerTerm(state: RaftState, term: Term, at: MonotonicMs): RaftState {
  const durable = { ...state.durable, term, votedFor: null }
  const next = { ...state, durable, role: FOLLOWER, leaderId: null, loyalSince: null }
  return state.role.type === 'leader' ? withElectionTimer(next, at) : next
}
