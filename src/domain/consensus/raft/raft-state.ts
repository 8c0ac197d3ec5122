import type { Signature } from '../../model/hex.ts'
import { type AgentId, type MonotonicMs, monotonicMs } from '../../model/ids.ts'
import { draw } from './generator.ts'
import { type ElectorateEpoch, type Term, term } from './term.ts'
import type { VoteCertificate } from './vote-certificate.ts'
import { createVoterLog, isFull, type LogEntry, lastEntry, type VoterLog } from './voter-log.ts'

export interface RaftTiming {
  readonly heartbeatMs: number
  /** A follower waits at least this long for its leader, and a leader for a majority. */
  readonly electionMinMs: number
  readonly electionMaxMs: number
  /** After a hint a campaign starts within this time. */
  readonly hintJitterMs: number
}

export const RAFT_TIMING: RaftTiming = {
  heartbeatMs: 40,
  electionMinMs: 200,
  electionMaxMs: 400,
  hintJitterMs: 50,
}

/** What a voter must not forget, whatever happens to it (Raft figure 3.1, persistent state). Plain JSON data. */
export interface DurableState {
  readonly epoch: ElectorateEpoch
  readonly term: Term
  /** Whom it voted for in this term of this epoch. */
  readonly votedFor: AgentId | null
  readonly log: VoterLog
}

/** A leader's view of one other voter. */
export interface Progress {
  /** The next entry to send. */
  readonly nextIndex: number
  /** The last entry it is known to have. */
  readonly matchIndex: number
  readonly heardAt: MonotonicMs
}

export interface Leading {
  readonly type: 'leader'
  readonly certificate: VoteCertificate
  readonly progress: ReadonlyMap<AgentId, Progress>
  readonly heartbeatDueAt: MonotonicMs
  readonly quorumDueAt: MonotonicMs
  readonly transfer: { readonly to: AgentId; readonly abandonAt: MonotonicMs } | null
}

export type Role =
  | { readonly type: 'follower' }
  | { readonly type: 'pre_candidate'; readonly grants: ReadonlySet<AgentId> }
  | { readonly type: 'candidate'; readonly votes: ReadonlyMap<AgentId, Signature> }
  | Leading

export interface RaftState {
  readonly self: AgentId
  readonly timing: RaftTiming
  readonly generator: number
  readonly durable: DurableState
  readonly commitIndex: number
  readonly role: Role
  /** The leader of this term, as far as it is known. */
  readonly leaderId: AgentId | null
  /** When it last heard its leader, or voted for one to be; null where it is loyal to nobody. */
  readonly loyalSince: MonotonicMs | null
  /** Whether it stood back for another pre-candidate since it last followed a leader or voted; see `onPreVote`. */
  readonly hasStoodBack: boolean
  readonly electionDueAt: MonotonicMs
}

export const FOLLOWER: Role = { type: 'follower' }

/** The state of a voter before the first election of an electorate. */
export function genesisOf(epoch: ElectorateEpoch, voters: readonly AgentId[]): DurableState {
  return { epoch, term: term(0), votedFor: null, log: createVoterLog(voters) }
}

export interface ResumeRequest {
  readonly self: AgentId
  readonly durable: DurableState
  readonly timing: RaftTiming
  /** Differs from voter to voter, or their timers would fire together. */
  readonly seed: number
  readonly at: MonotonicMs
}

/** A voter at its start: it remembers what is durable and follows nobody. */
export function resumeRaft({ self, durable, timing, seed, at }: ResumeRequest): RaftState {
  return withElectionTimer(
    {
      self,
      timing,
      generator: seed >>> 0,
      durable,
      commitIndex: durable.log.base.index,
      role: FOLLOWER,
      leaderId: null,
      loyalSince: null,
      hasStoodBack: false,
      electionDueAt: at,
    },
    at,
  )
}

/** Starts the wait for a leader afresh, for another random time (§3.4). */
export function withElectionTimer(state: RaftState, at: MonotonicMs): RaftState {
  const { electionMinMs, electionMaxMs } = state.timing
  const [share, generator] = draw(state.generator)
  const waitMs = electionMinMs + share * (electionMaxMs - electionMinMs)
  return { ...state, generator, electionDueAt: monotonicMs(at + waitMs) }
}

/**
 * Whether it may be elected: it can append what a new leader must, and is a voter, or was one by any entry after which it
 * knows of no commit. A voter whose removal is not committed may be all that holds the entry, and then nobody else could
 * win (§4.2.2); and a restarted one no longer knows what is committed.
 */
export function canCampaign({ self, durable: { log }, commitIndex }: RaftState): boolean {
  if (isFull(log)) return false
  const isVoterBy = (entry: LogEntry): boolean => entry.index >= commitIndex && entry.voters.includes(self)
  return isVoterBy(log.base) || log.entries.some(isVoterBy)
}

/** Everything in the leader's log is committed, its own first entry included. */
export function isSettled({ durable, commitIndex }: RaftState): boolean {
  const last = lastEntry(durable.log)
  return last.index === commitIndex && last.term === durable.term
}

/** When a tick is due next; undefined where nothing but a message can change anything. */
export function nextDueAt(state: RaftState): MonotonicMs | undefined {
  const { role } = state
  if (role.type !== 'leader') return canCampaign(state) ? state.electionDueAt : undefined
  return monotonicMs(
    Math.min(role.heartbeatDueAt, role.quorumDueAt, role.transfer?.abandonAt ?? Number.POSITIVE_INFINITY),
  )
}
