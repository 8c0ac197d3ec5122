import type { Signature } from '../../model/hex.ts'
import type { AgentId } from '../../model/ids.ts'
import type { ElectorateEpoch, Term } from './term.ts'
import type { LogBase, LogEntry } from './voter-log.ts'

interface Header {
  readonly epoch: ElectorateEpoch
  readonly term: Term
  readonly from: AgentId
  readonly to: AgentId
}

/** How far the sender's log reaches, for §3.6.1: nobody votes for a log less complete than its own. */
interface LogEnd {
  readonly lastIndex: number
  readonly lastTerm: Term
}

/** "Would you vote for me in this term?", which is one above the sender's. Commits nobody to anything. */
export interface PreVote extends Header, LogEnd {
  readonly type: 'pre_vote'
}

/** Granted, it carries the term that was asked for; refused, the refuser's own. */
export interface PreVoteReply extends Header {
  readonly type: 'pre_vote_reply'
  readonly isGranted: boolean
}

export interface VoteRequest extends Header, LogEnd {
  readonly type: 'vote_request'
  /** The old leader wants it: whoever follows that leader need not stay loyal. */
  readonly isTransfer: boolean
}

export interface VoteGrant extends Header {
  readonly type: 'vote_grant'
  /** Over `voteBytes`: the vote stands in the winner's certificate. */
  readonly signature: Signature
}

export interface VoteRefusal extends Header {
  readonly type: 'vote_refusal'
}

/** New log entries, or a heartbeat where there are none. */
export interface Append extends Header {
  readonly type: 'append'
  readonly previousIndex: number
  readonly previousTerm: Term
  readonly entries: readonly LogEntry[]
  readonly commitIndex: number
}

/** For a follower that lacks what the leader's log begins with. */
export interface Install extends Header {
  readonly type: 'install'
  readonly base: LogBase
}

export interface AppendReply extends Header {
  readonly type: 'append_reply'
  readonly isAccepted: boolean
  /** Accepted: the last entry known to equal the leader's. Otherwise: where the leader may try next. */
  readonly index: number
}

/** The leader hands over: campaign at once (§3.10). */
export interface CampaignNow extends Header {
  readonly type: 'campaign_now'
}

export type RaftMessage =
  | PreVote
  | PreVoteReply
  | VoteRequest
  | VoteGrant
  | VoteRefusal
  | Append
  | Install
  | AppendReply
  | CampaignNow
