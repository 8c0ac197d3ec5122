import type { CommitteeMember } from '../../consensus/consensus-message.ts'
import type { ElectorateEpoch, Term } from '../../consensus/raft/term.ts'
import type { VoteCertificate } from '../../consensus/raft/vote-certificate.ts'
import type { AgentId } from '../../model/ids.ts'
import { recordKind } from '../../model/record-kind.ts'

/** What the hub keeps of a swarm's elections. Terms and votes are kept by the voters themselves. */
export interface ElectionRecord {
  /** 0 before the first electorate. */
  readonly epoch: ElectorateEpoch
  /** The committee, as far as its changes are committed. */
  readonly voters: readonly CommitteeMember[]
  /** Where in the committee's log that is; a higher one of the same epoch is newer. */
  readonly committeeIndex: number
  /** Whether an election was asked for: then the swarm elects although nobody in it holds a key of its own. */
  readonly isAskedFor: boolean
  /** Of the newest leader known; `leaderId` is null where it is lost. */
  readonly leadership: {
    readonly epoch: ElectorateEpoch
    readonly term: Term
    readonly leaderId: AgentId | null
    readonly certificate: VoteCertificate | null
  }
}

/** How a leader stands, for those who ask. */
export interface LeaderState extends ElectionRecord {
  /** Leaders found since this node coordinates the swarm. */
  readonly electionsHeld: number
}

/** Under the id `election`. */
export const ELECTION_RECORDS = recordKind<ElectionRecord>('election')
