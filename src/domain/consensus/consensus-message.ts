import type { PublicKey } from '../model/hex.ts'
import type { AgentId, JsonText, ProposalId, SwarmId, TenantId } from '../model/ids.ts'
import type { DecisionCertificate } from './certificate.ts'
import type { Voter } from './electorate.ts'
import type { Proposal } from './proposal.ts'
import type { VoterChange } from './raft/raft-input.ts'
import type { RaftMessage } from './raft/raft-message.ts'
import type { ElectorateEpoch } from './raft/term.ts'
import type { VoteCertificate } from './raft/vote-certificate.ts'
import type { SignedMessage } from './signed-messages.ts'

/** A proposal as the voters get it: all that their signatures cover, and the payload they judge. */
export interface OpenedProposal {
  readonly tenantId: TenantId
  readonly swarmId: SwarmId
  readonly proposalId: ProposalId
  readonly proposal: Proposal
  /** In the order of their ids. */
  readonly electorate: readonly Voter[]
  /** The proposal's `payloadHash` is of this text's UTF-8 bytes. */
  readonly payload: JsonText
  readonly isCancelled: boolean
}

/** A member of the committee that elects the leader. */
export interface CommitteeMember {
  readonly agentId: AgentId
  readonly publicKey: PublicKey
}

/** What an agent says to the hub, in the matter of consensus. */
export type ConsensusMessage =
  /** To all voters of the proposal. */
  | { readonly kind: 'statement'; readonly proposalId: ProposalId; readonly message: SignedMessage }
  /** By an agent whose key the hub holds: the hub signs the ballot for it. */
  | {
      readonly kind: 'choice'
      readonly proposalId: ProposalId
      readonly choice: string
      readonly reason?: string
    }
  | { readonly kind: 'certificate'; readonly proposalId: ProposalId; readonly certificate: unknown }
  /** After a reconnect: what became of a proposal one still knows to be open? */
  | { readonly kind: 'ask'; readonly proposalId: ProposalId }
  /** To the one voter it names. */
  | { readonly kind: 'election'; readonly message: RaftMessage }
  /** By the winner of an election; once more after a reconnect where it leads still: it may not have been heard. */
  | { readonly kind: 'leadership'; readonly certificate: VoteCertificate }
  /** By a leader that lost its majority or handed over. */
  | { readonly kind: 'resigned'; readonly epoch: ElectorateEpoch; readonly term: number }
  /** A change of the committee that is committed; once more where a change is asked for that is made already. */
  | {
      readonly kind: 'committee'
      readonly epoch: ElectorateEpoch
      readonly index: number
      readonly voters: readonly AgentId[]
    }

/** What concerns one proposal, and what concerns the leader's election. */
export type ProposalMessage = Extract<ConsensusMessage, { readonly proposalId: ProposalId }>
export type ElectionMessage = Exclude<ConsensusMessage, ProposalMessage>

/** What the hub tells an agent, in the matter of consensus. It overtakes messages between agents. */
export type ConsensusNotice =
  | ({ readonly kind: 'opened' } & OpenedProposal)
  | { readonly kind: 'statement'; readonly proposalId: ProposalId; readonly message: SignedMessage }
  | {
      readonly kind: 'certificate'
      readonly proposalId: ProposalId
      readonly certificate: DecisionCertificate
    }
  | { readonly kind: 'cancelled'; readonly proposalId: ProposalId }
  /** Nothing came of it in time: nobody need wait for it any longer. */
  | { readonly kind: 'closed'; readonly proposalId: ProposalId }
  /**
   * Who elects from now on; a voter of it, by the key it has now, starts. A candidate starts when the leader first speaks
   * to it, or before: it has to answer, or nobody could commit its coming. All others stop.
   */
  | {
      readonly kind: 'electorate'
      readonly epoch: ElectorateEpoch
      readonly voters: readonly CommitteeMember[]
      /** Who is about to be added; the committee's log may be ahead of the hub. */
      readonly candidates: readonly CommitteeMember[]
    }
  | { readonly kind: 'election'; readonly message: RaftMessage }
  | { readonly kind: 'leader_gone'; readonly leaderId: AgentId | null }
  | { readonly kind: 'change_voters'; readonly change: VoterChange }
  | { readonly kind: 'transfer'; readonly to: AgentId }
