import type { AgentId, MonotonicMs } from '../../model/ids.ts'
import type { RaftMessage } from './raft-message.ts'
import type { DurableState } from './raft-state.ts'
import type { ElectorateEpoch, Leadership } from './term.ts'
import type { VoteCertificate } from './vote-certificate.ts'

export type VoterChange =
  | { readonly type: 'add'; readonly agentId: AgentId }
  | { readonly type: 'remove'; readonly agentId: AgentId }

/** What happened. `at` is the voter's own monotonic clock and never goes back. */
export type RaftInput = { readonly at: MonotonicMs } & (
  | { readonly type: 'time_passed' }
  | { readonly type: 'message_received'; readonly message: RaftMessage }
  /**
   * The hub saw this leader's socket close, or a swarm start (null). An election can only come sooner by it: a leader
   * that is alive after all is followed again with its next heartbeat.
   */
  | { readonly type: 'leader_gone'; readonly leaderId: AgentId | null }
  /** The hub logged a new electorate. One that is not newer than the own changes nothing. */
  | {
      readonly type: 'electorate_logged'
      readonly epoch: ElectorateEpoch
      readonly voters: readonly AgentId[]
    }
  | { readonly type: 'voter_change_asked'; readonly change: VoterChange }
  | { readonly type: 'transfer_asked'; readonly to: AgentId }
)

export type RaftRefusal =
  | 'not_leader'
  /** The leader's log is not committed up to its end yet: try again. */
  | 'not_settled'
  | 'transfer_under_way'
  | 'voter_already'
  | 'no_voter'
  | 'too_many_voters'
  | 'last_voter'

/**
 * What must happen, in this order. `persist` comes first and must be durable before the next effect, or a restart
 * could contradict what was sent.
 */
export type RaftEffect =
  | { readonly type: 'persist'; readonly durable: DurableState }
  /** Sign and send; where the candidate is the voter itself, hand it back as a message received. */
  | ({ readonly type: 'grant_vote'; readonly candidate: AgentId } & Leadership)
  | { readonly type: 'send'; readonly message: RaftMessage }
  | ({
      readonly type: 'announce_leader'
      readonly leaderId: AgentId | null
      readonly certificate: VoteCertificate | null
    } & Leadership)
  /** Committed: these are the voters from now on, whoever leads. */
  | {
      readonly type: 'announce_voters'
      readonly epoch: ElectorateEpoch
      readonly index: number
      readonly voters: readonly AgentId[]
    }
  | { readonly type: 'refuse'; readonly reason: RaftRefusal }
