import { type AgentId, type MonotonicMs, monotonicMs } from '../../model/ids.ts'
import { isQuorum, RAFT_VOTERS_MAX } from './quorum.ts'
import type { RaftRefusal, VoterChange } from './raft-input.ts'
import { isSettled, type Leading, type RaftState } from './raft-state.ts'
import { broadcastEntries, entriesFor, handOver } from './replication.ts'
import { stoodDown, type Transition, unchanged } from './transition.ts'
import { isFull, lastEntry, votersOf, withEntry } from './voter-log.ts'

/** What a leader does by the clock. */
export function onLeadersTick(state: RaftState, role: Leading, at: MonotonicMs): Transition {
  const { timing } = state
  if (at >= role.quorumDueAt && !wasHeardByQuorum(state, role)) return unchanged(stoodDown(state, at))
  const isHeartbeatDue = at >= role.heartbeatDueAt
  const next: RaftState = {
    ...state,
    role: {
      ...role,
      heartbeatDueAt: isHeartbeatDue ? monotonicMs(at + timing.heartbeatMs) : role.heartbeatDueAt,
      quorumDueAt: at >= role.quorumDueAt ? monotonicMs(at + timing.electionMinMs) : role.quorumDueAt,
      // §3.10: a successor that does not come forward in time leaves the leader in office.
      transfer: role.transfer !== null && at >= role.transfer.abandonAt ? null : role.transfer,
    },
  }
  return isHeartbeatDue ? broadcastEntries(next) : unchanged(next)
}

/**
 * CheckQuorum (§6.2): a leader that no majority answered since the last look stands down, so that nobody goes on
 * following it, and nobody who asks is told of it.
 */
function wasHeardByQuorum({ self, timing, durable }: RaftState, { progress, quorumDueAt }: Leading): boolean {
  const lastLookAt = quorumDueAt - timing.electionMinMs
  return isQuorum(
    votersOf(durable.log),
    (voter) => voter === self || (progress.get(voter)?.heardAt ?? -1) >= lastLookAt,
  )
}

/**
 * Adds or removes one voter (§4.1): old and new majorities then always share a member. That holds only where nothing
 * of an earlier change is still open, so the leader's log must be committed to its end, with an entry of its own term.
 */
export function onVoterChangeAsked(state: RaftState, change: VoterChange, at: MonotonicMs): Transition {
  const { role, durable } = state
  const reason = changeRefusal(state, change)
  if (reason !== undefined || role.type !== 'leader') {
    return [state, [{ type: 'refuse', reason: reason ?? 'not_leader' }]]
  }
  const { agentId } = change
  const voters = votersOf(durable.log)
  const progress = new Map(role.progress)
  if (change.type === 'remove') progress.delete(agentId)
  else progress.set(agentId, { nextIndex: lastEntry(durable.log).index + 1, matchIndex: 0, heardAt: at })
  const changed = change.type === 'add' ? [...voters, agentId] : voters.filter((voter) => voter !== agentId)
  const log = withEntry(durable.log, durable.term, changed)
  return broadcastEntries({ ...state, durable: { ...durable, log }, role: { ...role, progress } })
}

function changeRefusal(state: RaftState, { type, agentId }: VoterChange): RaftRefusal | undefined {
  const { role, durable } = state
  if (role.type !== 'leader') return 'not_leader'
  if (role.transfer !== null) return 'transfer_under_way'
  if (!isSettled(state) || isFull(durable.log)) return 'not_settled'
  const voters = votersOf(durable.log)
  const isVoter = voters.includes(agentId)
  if (type === 'add') {
    if (isVoter) return 'voter_already'
    return voters.length < RAFT_VOTERS_MAX ? undefined : 'too_many_voters'
  }
  if (!isVoter) return 'no_voter'
  return voters.length > 1 ? undefined : 'last_voter'
}

/** §3.10: brings the successor up to date, then tells it to campaign. */
export function onTransferAsked(state: RaftState, to: AgentId, at: MonotonicMs): Transition {
  const { role, durable, self, timing } = state
  const refused = (reason: RaftRefusal): Transition => [state, [{ type: 'refuse', reason }]]
  if (role.type !== 'leader') return refused('not_leader')
  if (role.transfer !== null) return refused('transfer_under_way')
  if (to === self || !votersOf(durable.log).includes(to)) return refused('no_voter')
  const abandonAt = monotonicMs(at + timing.electionMinMs)
  const next: RaftState = { ...state, role: { ...role, transfer: { to, abandonAt } } }
  const order = handOver(next, to)
  return [next, order.length > 0 ? order : [entriesFor(next, to)]]
}
