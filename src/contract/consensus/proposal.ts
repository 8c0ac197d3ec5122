import { type Static, Type } from '@sinclair/typebox'
import { LIMITS } from '../limits.ts'
import { AgentId, Count, Json, Name, NEXT_PAGE, Text, Timestamp } from '../scalars.ts'
import { annotate, closedObject, distinct, namedValues, textEnum } from '../schema.ts'
import { CONSENSUS_LIMITS as MAX } from './consensus-limits.ts'
import {
  BallotReason,
  Choice,
  Custody,
  DeadlineMs,
  DecisionCertificate,
  Ending,
  Hash,
  Options,
  Outcome,
  ProposalId,
  ProposalMode,
  ProposalTitle,
  Signature,
  SignedProposal,
  Tally,
  Threshold,
  Voters,
} from './signed.ts'

const Electorate = Type.Union(
  [
    closedObject({ kind: Type.Literal('all') }, { description: 'All agents that are here.' }),
    closedObject(
      { kind: Type.Literal('capability'), capability: Name },
      { description: 'The agents that are here and can do this.' },
    ),
    closedObject(
      {
        kind: Type.Literal('agents'),
        agentIds: distinct(AgentId, { maxItems: MAX.votersMax, description: 'They need not be here.' }),
      },
      { description: 'These agents.' },
    ),
  ],
  { title: 'ElectorateChoice', description: 'Who may vote; frozen when the proposal is made.' },
)

export const ProposalCreate = closedObject(
  {
    proposalId: Type.Optional(
      annotate(ProposalId, {
        description: `${ProposalId.description} The same id and request again is the same proposal. Made by the server where left out.`,
      }),
    ),
    title: ProposalTitle,
    payload: Type.Optional(
      annotate(
        Json(`What is judged; at most ${LIMITS.payloadBytesMax / 1024} KiB of UTF-8, and kept as sent.`),
        {
          default: null,
        },
      ),
    ),
    mode: annotate(ProposalMode, { default: 'approval' }),
    options: Type.Optional(annotate(Options, { description: 'Of a `choice`; an approval has its own.' })),
    threshold: annotate(Threshold, { default: { numerator: 2, denominator: 3 } }),
    deadlineMs: annotate(DeadlineMs, { default: MAX.deadlineMsDefault }),
    electorate: annotate(Electorate, { default: { kind: 'all' } }),
    weights: annotate(
      namedValues(
        '^[a-z0-9][a-z0-9-]{0,62}$',
        Type.Integer({ minimum: 1, maximum: MAX.weightMax, description: '1 where left out.' }),
        { description: 'By agent.', maxProperties: MAX.votersMax },
      ),
      { default: {} },
    ),
    firstProposer: Type.Optional(
      annotate(AgentId, {
        description:
          "Who proposes first; a matter of speed, not of outcome. Otherwise the proposal's hash chooses.",
      }),
    ),
    proposedBy: Type.Optional(
      annotate(AgentId, { description: 'The agent that proposes; left out by clients.' }),
    ),
  },
  { title: 'ProposalCreate', description: 'Something to put to the vote.' },
)
export type ProposalCreate = Static<typeof ProposalCreate>

export const ProposalStatus = textEnum(['open', 'decided', 'undecided'], {
  description:
    '`decided`: there is a certificate. `undecided`: the deadline is long past, and no quorum has agreed on anything.',
})

export const ProposalView = closedObject(
  {
    proposalId: ProposalId,
    status: ProposalStatus,
    ...SignedProposal.properties,
    payload: Json('What is judged.'),
    electorate: Voters,
    electorateHash: annotate(Hash, {
      description:
        'Of the electorate: the trusted set hash that verifies the certificate, if you trust this server for it.',
    }),
    isCancelRequested: Type.Boolean({ description: 'Whether its proposer took it back.' }),
    tally: annotate(Tally, {
      description: 'As far as the server has seen ballots; only a certificate counts.',
    }),
    outcome: Type.Optional(Outcome),
    ending: Type.Optional(Ending),
    openedAt: Timestamp,
    decidedAt: Type.Optional(Timestamp),
    deliberationMs: Type.Optional(
      Count('From its opening until the ballots decided, or it ended otherwise.'),
    ),
    agreementMs: Type.Optional(Count('From then until the certificate.')),
  },
  { title: 'Proposal', description: 'Something put to the vote.' },
)
export type ProposalView = Static<typeof ProposalView>

export const ProposalPage = closedObject(
  {
    proposals: Type.Array(ProposalView, {
      maxItems: LIMITS.pageSizeMax,
      description: 'In the order of their ids.',
    }),
    ...NEXT_PAGE,
  },
  { title: 'ProposalPage', description: 'A page of proposals.' },
)
export type ProposalPage = Static<typeof ProposalPage>

export const ProposalFilterQuery = { status: Type.Optional(ProposalStatus) }

export const BallotCast = closedObject(
  {
    agentId: AgentId,
    choice: Choice,
    reason: Type.Optional(BallotReason),
    signature: Type.Optional(
      annotate(Signature, {
        description:
          'By an agent that holds its own key. Otherwise the server signs with the key it holds for it.',
      }),
    ),
  },
  { title: 'BallotCast', description: "An agent's vote." },
)
export type BallotCast = Static<typeof BallotCast>

const BallotView = closedObject(
  {
    voter: AgentId,
    custody: Custody,
    choice: Choice,
    reason: Type.Optional(BallotReason),
    signature: Signature,
  },
  { title: 'Ballot', description: 'A signed vote.' },
)

export const BallotList = closedObject(
  {
    ballots: Type.Array(BallotView, {
      maxItems: 2 * MAX.votersMax,
      description: 'By voter; one who voted twice, differently, counts as abstaining.',
    }),
    tally: Tally,
  },
  { title: 'BallotList', description: 'The votes so far.' },
)
export type BallotList = Static<typeof BallotList>

const Contradiction = closedObject(
  {
    voter: AgentId,
    first: Type.Unknown({ description: 'A signed statement.' }),
    second: Type.Unknown({ description: 'Another one of the same voter, for the same slot.' }),
  },
  { title: 'Equivocation', description: 'Two signed statements of which no honest voter makes both.' },
)

export const DecisionView = closedObject(
  {
    proposalId: ProposalId,
    status: ProposalStatus,
    outcome: Type.Optional(Outcome),
    certificate: Type.Optional(DecisionCertificate),
    electorateHash: Hash,
    evidence: Type.Array(Contradiction, {
      maxItems: MAX.evidenceMax,
      description: 'Against voters who contradicted themselves; each proves itself.',
    }),
  },
  { title: 'Decision', description: 'What was decided, with its proof.' },
)
export type DecisionView = Static<typeof DecisionView>

export const ProposalCancel = closedObject(
  { reason: Type.Optional(Text('Why, for people.')) },
  { title: 'ProposalCancel', description: 'The proposal is taken back.' },
)
export type ProposalCancel = Static<typeof ProposalCancel>
