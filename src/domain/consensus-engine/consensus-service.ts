import type { ConsensusMessage } from '../consensus/consensus-message.ts'
import type { AgentId, ProposalId, SessionId } from '../model/ids.ts'
import type { LeaderState } from './elections/election-record.ts'
import type { ProposalRecord } from './proposals/proposal-record.ts'
import type { CastBallotRequest, ProposeRequest } from './proposals/proposal-requests.ts'

/** A word of an agent in an election or on a proposal. */
export interface ConsensusRequest {
  readonly agentId: AgentId
  readonly sessionId: SessionId
  readonly message: ConsensusMessage
}

export interface CancelProposalRequest {
  readonly proposalId: ProposalId
  readonly reason: string
}

export interface StartElectionRequest {
  /** The voter the leader is to hand over to. */
  readonly transferTo?: AgentId
}

/** What the agents decide together: proposals and the leader. */
export interface ConsensusService {
  /** @throws `agent_not_found`, `proposal_unsound`, `electorate_unsound`, `proposal_exists`, `limit_exceeded` */
  propose(request: ProposeRequest): Promise<ProposalRecord>
  /** @throws `proposal_not_found`, `proposal_closed`, `not_a_voter`, `ballot_refused` */
  castBallot(request: CastBallotRequest): Promise<ProposalRecord>
  /** What the ballots have decided by then stays decided. @throws `proposal_not_found`, `proposal_closed` */
  cancelProposal(request: CancelProposalRequest): Promise<ProposalRecord>
  /** @throws `not_a_voter`, `ballot_refused` */
  hear(request: ConsensusRequest): Promise<null>
  leader(): Promise<LeaderState>
  /** @throws `not_a_voter`, `no_leader` */
  startElection(request: StartElectionRequest): Promise<LeaderState>
  /** What became of voters' messages, by fate, since this node coordinates the swarm. */
  counts(): Promise<Readonly<Record<string, number>>>
}
