import { type Static, Type } from '@sinclair/typebox'
import { AgentId, SwarmId } from '../scalars.ts'
import { closedObject, textEnum } from '../schema.ts'
import { CONSENSUS_LIMITS as MAX } from './consensus-limits.ts'

/** What voters sign and certificates carry; `docs/decision-certificate.md` says byte by byte what is signed. */

const hex = (digits: number, description: string) =>
  Type.String({ pattern: `^[0-9a-f]{${digits}}$`, maxLength: digits, description })

export const Hash = hex(64, 'SHA-256, in lower-case hex.')
export const PublicKey = hex(64, 'Ed25519 public key, in lower-case hex.')
export const Signature = hex(128, 'Ed25519 signature, in lower-case hex.')

export const ProposalId = Type.String({
  pattern: '^[a-z0-9][a-z0-9-]{0,62}$',
  maxLength: 63,
  description: 'Names the proposal within its swarm, and the one decision on it.',
  examples: ['merge-42'],
})
export const TenantId = Type.String({
  pattern: '^[a-z0-9][a-z0-9-]{0,62}$',
  maxLength: 63,
  description: 'Whose swarm it is.',
})

export const Custody = textEnum(['self', 'hub'], {
  description: "Who holds the voter's private key: the agent itself, or the server for it.",
})

export const Choice = Type.String({
  minLength: 1,
  maxLength: MAX.optionLengthMax,
  description: 'One of the options, or `abstain`.',
})
export const BallotReason = Type.String({
  maxLength: MAX.reasonLengthMax,
  description: 'Why, for people; plain text of at most 1 000 bytes.',
})

export const Threshold = closedObject(
  {
    numerator: Type.Integer({ minimum: 1, maximum: 1_000, description: 'Above the line.' }),
    denominator: Type.Integer({ minimum: 1, maximum: 1_000, description: 'Below the line.' }),
  },
  { title: 'Threshold', description: 'The share of the whole weight that approves, at most 1.' },
)

export const ProposalMode = textEnum(['approval', 'choice'], {
  description: '`approval`: approve or reject. `choice`: one of several options.',
})
export const Options = Type.Array(Choice, {
  minItems: 2,
  maxItems: MAX.optionsMax,
  description: 'What can be voted for.',
})
export const ProposalTitle = Type.String({
  minLength: 1,
  maxLength: MAX.proposalTitleLengthMax,
  description: 'What is asked, for people; plain text of at most 1 000 bytes.',
})
export const DeadlineMs = Type.Integer({
  minimum: 1,
  maximum: MAX.deadlineMsMax,
  description: 'From when a voter first sees the proposal to when it may call it expired, in milliseconds.',
})

export const SignedProposal = closedObject(
  {
    title: ProposalTitle,
    payloadHash: Hash,
    mode: ProposalMode,
    options: Options,
    threshold: Threshold,
    deadlineMs: DeadlineMs,
    proposedBy: Type.String({ maxLength: 200, description: 'An agent, or the name of a client.' }),
    firstProposer: Type.Optional(AgentId),
  },
  { title: 'SignedProposal', description: 'What is put to the vote; every signature covers it.' },
)

export const Voter = closedObject(
  {
    agentId: AgentId,
    publicKey: PublicKey,
    weight: Type.Integer({ minimum: 1, maximum: MAX.weightMax, description: 'How much its vote counts.' }),
    custody: Custody,
  },
  { title: 'Voter', description: 'Someone who may vote on one proposal.' },
)
export const Voters = Type.Array(Voter, {
  minItems: 1,
  maxItems: MAX.votersMax,
  description: 'Who may vote, in the order of their ids; frozen when the proposal is made.',
})

export const SignedBallot = closedObject(
  {
    kind: Type.Literal('ballot'),
    voter: AgentId,
    choice: Choice,
    reason: Type.Optional(BallotReason),
    signature: Signature,
  },
  { title: 'SignedBallot', description: "A voter's choice." },
)

const Round = Type.Integer({ minimum: 0, maximum: 1_000_000, description: 'The round it is of.' })
const ValidRound = Type.Integer({
  minimum: -1,
  maximum: 1_000_000,
  description: 'The round of the prevotes it rests on; -1 where there are none.',
})

export const SignedVote = closedObject(
  {
    kind: textEnum(['prevote', 'precommit'], { description: 'Which of the two votes of a round.' }),
    voter: AgentId,
    round: Round,
    validRound: ValidRound,
    valueId: Type.Union([Hash, Type.Null()], { description: 'Of the value voted for; null for none.' }),
    signature: Signature,
  },
  { title: 'SignedVote', description: 'A prevote or precommit of one round.' },
)

export const Ending = textEnum(['tally', 'expired', 'cancelled'], {
  description: 'Whether the ballots decide, or the deadline, or a cancellation.',
})
const Ballots = Type.Array(SignedBallot, {
  maxItems: 2 * MAX.votersMax,
  description: 'The ballots that count.',
})

export const SignedNomination = closedObject(
  {
    kind: Type.Literal('nomination'),
    voter: AgentId,
    round: Round,
    validRound: ValidRound,
    valueId: Hash,
    value: closedObject(
      { ending: Ending, ballots: Ballots },
      { title: 'DecisionValue', description: 'What is agreed on: the ballots that count.' },
    ),
    polka: Type.Array(SignedVote, {
      maxItems: MAX.votersMax,
      description: 'The prevotes of `validRound` that prove it.',
    }),
    signature: Signature,
  },
  { title: 'SignedNomination', description: "The value that a round's proposer puts forward." },
)

export const SignedMessage = Type.Union([SignedBallot, SignedVote, SignedNomination], {
  description: 'What a voter says to the others.',
})

const Weight = Type.Integer({ minimum: 0, description: 'Summed up.' })

export const Outcome = Type.Union(
  [
    closedObject({ verdict: Type.Literal('approved'), option: Choice }, { description: 'An option won.' }),
    closedObject({ verdict: Type.Literal('rejected') }, { description: 'None can win any more.' }),
    closedObject({ verdict: Type.Literal('inconclusive') }, { description: 'Neither, when it ended.' }),
  ],
  { title: 'Outcome', description: 'What the ballots add up to.' },
)

export const Tally = closedObject(
  {
    totalWeight: Weight,
    options: Type.Array(
      closedObject(
        { option: Choice, weight: Weight },
        { title: 'OptionWeight', description: 'Of one option.' },
      ),
      { maxItems: MAX.optionsMax, description: "In the proposal's order." },
    ),
    abstainWeight: Weight,
    missingWeight: Weight,
  },
  { title: 'Tally', description: 'Weights by choice; they sum up to the total.' },
)

export const DecisionCertificate = closedObject(
  {
    format: Type.Literal('amos-decision-certificate/1'),
    tenantId: TenantId,
    swarmId: SwarmId,
    proposalId: ProposalId,
    height: Type.Literal(1),
    proposal: SignedProposal,
    electorate: Voters,
    ending: Ending,
    ballots: Type.Array(
      closedObject(
        { voter: AgentId, choice: Choice, reason: Type.Optional(BallotReason), signature: Signature },
        { title: 'CertifiedBallot', description: 'A ballot that counts.' },
      ),
      { maxItems: 2 * MAX.votersMax, description: 'By voter, then by signature.' },
    ),
    tally: Tally,
    outcome: Outcome,
    round: Round,
    precommits: Type.Array(
      closedObject(
        { voter: AgentId, custody: Custody, signature: Signature },
        { title: 'CertifiedPrecommit', description: 'That the voter agreed.' },
      ),
      { maxItems: MAX.votersMax, description: 'Of a quorum, in the order of the ids.' },
    ),
  },
  {
    title: 'DecisionCertificate',
    description: 'A decision and its proof, to be verified offline as docs/decision-certificate.md says.',
  },
)
export type DecisionCertificate = Static<typeof DecisionCertificate>
