import { type Static, Type } from '@sinclair/typebox'
import { AgentId, Count } from '../scalars.ts'
import { annotate, closedObject } from '../schema.ts'
import { CONSENSUS_LIMITS as MAX } from './consensus-limits.ts'
import { PublicKey, Signature } from './signed.ts'

const Counter = (description: string) => Type.Integer({ minimum: 0, maximum: MAX.counterMax, description })

export const ElectorateEpoch = Counter('Numbers the electorates; leadership is ordered by epoch, then term.')
export const Term = Counter('Numbers the elections of one electorate.')
const VoterIds = Type.Array(AgentId, { maxItems: MAX.committeeMax + 1, description: 'The committee.' })
export const LogIndex = Counter("Place in the committee's log.")

const LogEntry = closedObject(
  { index: LogIndex, term: Term, voters: VoterIds },
  { title: 'VoterLogEntry', description: 'Who elects, from this entry on.' },
)

const header = { epoch: ElectorateEpoch, term: Term, from: AgentId, to: AgentId }
const logEnd = { lastIndex: LogIndex, lastTerm: Term }

function message<const T extends string, P extends Parameters<typeof closedObject>[0]>(
  type: T,
  title: string,
  description: string,
  properties: P,
) {
  return closedObject({ type: Type.Literal(type), ...header, ...properties }, { title, description })
}

/** The messages of Raft between two voters. */
export const ElectionMessage = Type.Union(
  [
    message('pre_vote', 'PreVote', 'Would you vote for me?', logEnd),
    message('pre_vote_reply', 'PreVoteReply', 'Whether one would.', {
      isGranted: Type.Boolean({ description: 'Whether one would.' }),
    }),
    message('vote_request', 'VoteRequest', 'Vote for me.', {
      ...logEnd,
      isTransfer: Type.Boolean({ description: 'Whether the old leader wants it.' }),
    }),
    message('vote_grant', 'VoteGrant', 'A vote.', { signature: Signature }),
    message('vote_refusal', 'VoteRefusal', 'No vote.', {}),
    message('append', 'Append', "The leader's heartbeat, with new entries where there are some.", {
      previousIndex: LogIndex,
      previousTerm: Term,
      entries: Type.Array(LogEntry, { maxItems: MAX.logEntriesMax, description: 'New ones.' }),
      commitIndex: LogIndex,
    }),
    message('install', 'Install', 'What the log begins with.', { base: LogEntry }),
    message('append_reply', 'AppendReply', 'How far the log of a follower goes.', {
      isAccepted: Type.Boolean({ description: 'Whether it fits.' }),
      index: LogIndex,
    }),
    message('campaign_now', 'CampaignNow', 'The leader hands over.', {}),
  ],
  { description: 'A message of the leader election.' },
)

export const CommitteeMember = closedObject(
  { agentId: AgentId, publicKey: PublicKey },
  { title: 'CommitteeMember', description: 'Someone who elects the leader.' },
)

export const VoteCertificate = closedObject(
  {
    epoch: ElectorateEpoch,
    term: Term,
    leaderId: AgentId,
    voters: VoterIds,
    votes: Type.Array(
      closedObject(
        { voter: AgentId, signature: Signature },
        { title: 'CertifiedVote', description: 'One vote.' },
      ),
      { maxItems: MAX.committeeMax + 1, description: 'Of most of the voters.' },
    ),
  },
  { title: 'VoteCertificate', description: 'Why an agent leads: the signed votes of most of the committee.' },
)
export type VoteCertificate = Static<typeof VoteCertificate>

export const LeaderView = closedObject(
  {
    leaderId: Type.Union([AgentId, Type.Null()], { description: 'Null while nobody leads.' }),
    epoch: ElectorateEpoch,
    term: annotate(Term, { description: 'Of the newest leader; 0 before the first.' }),
    certificate: Type.Union([VoteCertificate, Type.Null()], { description: 'Of the present leader.' }),
    voters: Type.Array(CommitteeMember, {
      maxItems: MAX.committeeMax + 1,
      description: 'The committee, as far as its changes are committed; empty while nobody elects.',
    }),
    electionsHeld: Count('Leaders found since this node coordinates the swarm.'),
  },
  { title: 'Leader', description: 'Who leads the swarm, and by whose votes.' },
)
export type LeaderView = Static<typeof LeaderView>

export const ElectionStart = closedObject(
  {
    transferTo: Type.Optional(
      annotate(AgentId, {
        description:
          'The leader is asked to hand over to this voter. It does not while voters come and go, or where that one does not answer: then it leads on, and can be asked again.',
      }),
    ),
  },
  { title: 'ElectionStart', description: 'How to begin an election.' },
)
export type ElectionStart = Static<typeof ElectionStart>
