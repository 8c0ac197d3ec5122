import { type Static, type TProperties, Type } from '@sinclair/typebox'
import { CONSENSUS_LIMITS as MAX } from '../consensus/consensus-limits.ts'
import {
  CommitteeMember,
  ElectionMessage,
  ElectorateEpoch,
  LogIndex,
  Term,
  VoteCertificate,
} from '../consensus/election.ts'
import {
  BallotReason,
  Choice,
  DecisionCertificate,
  ProposalId,
  SignedMessage,
  SignedProposal,
  TenantId,
  Voters,
} from '../consensus/signed.ts'
import { LIMITS } from '../limits.ts'
import { AgentId, SwarmId } from '../scalars.ts'
import { closedObject, textEnum } from '../schema.ts'

function body<const K extends string, P extends TProperties>(
  kind: K,
  title: string,
  description: string,
  properties: P,
) {
  return closedObject({ kind: Type.Literal(kind), ...properties }, { title, description })
}

const Statement = body('statement', 'ConsensusStatement', 'A signed word of a voter, for all voters.', {
  proposalId: ProposalId,
  message: SignedMessage,
})
const Election = body('election', 'ConsensusElection', 'A message of the leader election, for one voter.', {
  message: ElectionMessage,
})

/** What an agent says in the matter of consensus. */
export const ConsensusMessage = Type.Union(
  [
    Statement,
    body('choice', 'ConsensusChoice', 'The ballot of an agent whose key the server holds.', {
      proposalId: ProposalId,
      choice: Choice,
      reason: Type.Optional(BallotReason),
    }),
    body('certificate', 'ConsensusProof', 'A decision that was reached; the receiver verifies it.', {
      proposalId: ProposalId,
      certificate: DecisionCertificate,
    }),
    body('ask', 'ConsensusAsk', 'After a reconnect: what became of a proposal that was open?', {
      proposalId: ProposalId,
    }),
    Election,
    body('leadership', 'ConsensusLeadership', 'The sender won an election, and leads.', {
      certificate: VoteCertificate,
    }),
    body('resigned', 'ConsensusResigned', 'The sender leads no more.', {
      epoch: ElectorateEpoch,
      term: Term,
    }),
    body('committee', 'ConsensusCommittee', 'A change of the committee is committed.', {
      epoch: ElectorateEpoch,
      index: LogIndex,
      voters: Type.Array(AgentId, { maxItems: MAX.committeeMax + 1, description: 'From now on.' }),
    }),
  ],
  { description: 'What an agent says in the matter of consensus.' },
)
export type ConsensusMessage = Static<typeof ConsensusMessage>

const Members = (description: string) =>
  Type.Array(CommitteeMember, { maxItems: LIMITS.pathLengthMax, description })

/** What the server tells an agent in the matter of consensus. */
export const ConsensusNotice = Type.Union(
  [
    body('opened', 'ConsensusOpened', 'A proposal that the agent may vote on, or one it missed.', {
      tenantId: TenantId,
      swarmId: SwarmId,
      proposalId: ProposalId,
      proposal: SignedProposal,
      electorate: Voters,
      payload: Type.String({
        maxLength: LIMITS.payloadBytesMax,
        description: 'As JSON text; `payloadHash` is of its UTF-8 bytes.',
      }),
      isCancelled: Type.Boolean({ description: 'Whether its proposer took it back.' }),
    }),
    Statement,
    body('certificate', 'ConsensusDecided', 'A decision, with its proof.', {
      proposalId: ProposalId,
      certificate: DecisionCertificate,
    }),
    body('cancelled', 'ConsensusCancelled', 'The proposal was taken back.', { proposalId: ProposalId }),
    body('closed', 'ConsensusClosed', 'Nothing came of it in time.', { proposalId: ProposalId }),
    body('electorate', 'ConsensusElectorate', 'Who elects the leader from now on.', {
      epoch: ElectorateEpoch,
      voters: Members('The committee.'),
      candidates: Members('Agents that are about to join it, with their keys.'),
    }),
    Election,
    body('leader_gone', 'ConsensusLeaderGone', 'The leader lost its connection: elect another.', {
      leaderId: Type.Union([AgentId, Type.Null()], { description: 'Null where nobody led.' }),
    }),
    body('change_voters', 'ConsensusChangeVoters', 'The leader is asked to change the committee.', {
      change: closedObject(
        { type: textEnum(['add', 'remove'], { description: 'Which way.' }), agentId: AgentId },
        { title: 'VoterChange', description: 'One voter more or less.' },
      ),
    }),
    body('transfer', 'ConsensusTransfer', 'The leader is asked to hand over.', { to: AgentId }),
  ],
  { description: 'What the server tells an agent in the matter of consensus.' },
)
export type ConsensusNotice = Static<typeof ConsensusNotice>
