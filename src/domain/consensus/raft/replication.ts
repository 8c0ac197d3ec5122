import { assert } from '../../model/errors.ts'
import type { Signature } from '../../model/hex.ts'
import { type AgentId, type MonotonicMs, monotonicMs } from '../../model/ids.ts'
import { withCommit } from './commit.ts'
import { quorumIndex } from './quorum.ts'
import type { RaftEffect } from './raft-input.ts'
import type { AppendReply } from './raft-message.ts'
import type { Leading, RaftState } from './raft-state.ts'
import { headerTo, otherVoters, stoodDown, type Transition, unchanged } from './transition.ts'
import { entriesFrom, entryAt, lastEntry, votersOf, withEntry } from './voter-log.ts'

const ENTRIES_PER_MESSAGE_MAX = 32

/** Takes the lead with an entry of its own term: older entries are committed along with it, never before (§3.6.2). */
export function becomeLeader(
  state: RaftState,
  votes: ReadonlyMap<AgentId, Signature>,
  at: MonotonicMs,
): RaftState {
  const { durable, self, timing } = state
  const voters = votersOf(durable.log)
  const nextIndex = lastEntry(durable.log).index + 1
  const fresh = { nextIndex, matchIndex: 0, heardAt: at }
  return {
    ...state,
    durable: { ...durable, log: withEntry(durable.log, durable.term, voters) },
    leaderId: self,
    loyalSince: null,
    role: {
      type: 'leader',
      certificate: {
        epoch: durable.epoch,
        term: durable.term,
        leaderId: self,
        voters,
        votes: Array.from(votes, ([voter, signature]) => ({ voter, signature })),
      },
      progress: new Map(otherVoters(state).map((voter) => [voter, fresh])),
      heartbeatDueAt: monotonicMs(at + timing.heartbeatMs),
      quorumDueAt: monotonicMs(at + timing.electionMinMs),
      transfer: null,
    },
  }
}

/** Commits what a majority has, then sends everybody what it lacks: at least a heartbeat. */
export function broadcastEntries(state: RaftState): Transition {
  const [committed, announcements] = withLeadersCommit(state)
  return [committed, [...announcements, ...otherVoters(committed).map((to) => entriesFor(committed, to))]]
}

export function onAppendReply(state: RaftState, reply: AppendReply, at: MonotonicMs): Transition {
  const { role, durable } = state
  if (role.type !== 'leader') return unchanged(state)
  const known = role.progress.get(reply.from)
  if (known === undefined) return unchanged(state)

  const matchIndex = reply.isAccepted ? Math.max(known.matchIndex, reply.index) : known.matchIndex
  const nextIndex = reply.isAccepted
    ? Math.max(known.nextIndex, matchIndex + 1)
    : Math.max(matchIndex + 1, Math.min(known.nextIndex, reply.index + 1))
  const progress = new Map(role.progress).set(reply.from, { matchIndex, nextIndex, heardAt: at })
  const heard: RaftState = { ...state, role: { ...role, progress } }

  const [next, announcements] = withLeadersCommit(heard)
  if (next.commitIndex > state.commitIndex) return afterCommit(next, announcements, at)
  const lacksEntries = nextIndex <= lastEntry(durable.log).index
  const effects = lacksEntries ? [entriesFor(next, reply.from)] : []
  return [next, [...effects, ...handOver(next, reply.from)]]
}

/** Tells the others at once, and ends a reign whose end was just committed. */
function afterCommit(state: RaftState, announcements: readonly RaftEffect[], at: MonotonicMs): Transition {
  const others = otherVoters(state)
  const effects = [
    ...announcements,
    ...others.map((to) => entriesFor(state, to)),
    ...others.flatMap((to) => handOver(state, to)),
  ]
  const last = lastEntry(state.durable.log)
  const isRemoved = state.commitIndex === last.index && !last.voters.includes(state.self)
  return isRemoved ? [stoodDown(state, at), [...effects, ...appointment(state)]] : [state, effects]
}

/** §4.2.2 and §3.10: a leader that was removed names a successor, instead of letting the others wait for one. */
function appointment(state: RaftState): readonly RaftEffect[] {
  const lastIndex = lastEntry(state.durable.log).index
  const to = otherVoters(state).find((voter) => leading(state).progress.get(voter)?.matchIndex === lastIndex)
  return to === undefined ? [] : [{ type: 'send', message: { type: 'campaign_now', ...headerTo(state, to) } }]
}

/** Where the follower is to take over and has everything, tells it to campaign (§3.10). */
export function handOver(state: RaftState, to: AgentId): readonly RaftEffect[] {
  const { transfer, progress } = leading(state)
  if (transfer?.to !== to) return []
  if (progress.get(to)?.matchIndex !== lastEntry(state.durable.log).index) return []
  return [{ type: 'send', message: { type: 'campaign_now', ...headerTo(state, to) } }]
}

/** The entries a follower lacks; the log's base where they were cut off; a heartbeat where it lacks none. */
export function entriesFor(state: RaftState, to: AgentId): RaftEffect {
  const { log } = state.durable
  const nextIndex = leading(state).progress.get(to)?.nextIndex ?? lastEntry(log).index + 1
  const previous = entryAt(log, nextIndex - 1)
  if (previous === undefined) {
    return { type: 'send', message: { type: 'install', ...headerTo(state, to), base: log.base } }
  }
  const message = {
    type: 'append' as const,
    ...headerTo(state, to),
    previousIndex: previous.index,
    previousTerm: previous.term,
    entries: entriesFrom(log, nextIndex, ENTRIES_PER_MESSAGE_MAX),
    commitIndex: state.commitIndex,
  }
  return { type: 'send', message }
}

/** §3.6.2: counts copies only of entries of the leader's own term. */
function withLeadersCommit(state: RaftState): Transition {
  const { durable, self } = state
  const { progress } = leading(state)
  const ownIndex = lastEntry(durable.log).index
  const index = quorumIndex(votersOf(durable.log), (voter) =>
    voter === self ? ownIndex : (progress.get(voter)?.matchIndex ?? 0),
  )
  if (index <= state.commitIndex || entryAt(durable.log, index)?.term !== durable.term)
    return unchanged(state)
  return withCommit(state, index)
}

function leading({ role }: RaftState): Leading {
  assert(role.type === 'leader', 'only a leader replicates')
  return role
}
