import { type Static, type TObject, Type } from '@sinclair/typebox'
import { AGENT_EVENTS } from './agent-events.ts'
import { CONSENSUS_LIMITS } from './consensus/consensus-limits.ts'
import { Choice, Ending, Outcome, ProposalTitle } from './consensus/signed.ts'
import { CONTROL_EVENTS } from './control-events.ts'
import { eventData as data } from './event-data.ts'
import { INTELLIGENCE_EVENT_DATA } from './intelligence-events.ts'
import { LEADER_EVENTS } from './leader-events.ts'
import { LEARNING_EVENTS } from './learning-events.ts'
import { MEMORY_EVENT_DATA } from './memory-events.ts'
import { PATTERN_EVENTS } from './patterns.ts'
import { AgentId, Count, Text, Timestamp } from './scalars.ts'
import { closedObject, textEnum } from './schema.ts'
import { StoreId, StoreLossReason } from './store.ts'
import { SwarmPatch, SwarmView } from './swarm.ts'
import { TASK_EVENTS } from './task-events.ts'

/** A namespace, a slash and a key. */
const EVENT_SUBJECT_LENGTH_MAX = 193

const durationMs = (description: string) => Count(`${description}, in milliseconds.`)

const reason = Text('Why, for people.')

const Link = closedObject(
  { from: AgentId, to: AgentId },
  { title: 'Link', description: 'From parent to child in a tree, from an agent to its successor in a ring.' },
)

/** What each type of event carries. On the wire the type has `amos.` before it. */
export const EVENT_DATA = {
  ...TASK_EVENTS,

  ...AGENT_EVENTS,

  'proposal.opened': data('ProposalOpenedData', 'Something was put to the vote.', {
    title: ProposalTitle,
    voters: Type.Array(AgentId, {
      maxItems: CONSENSUS_LIMITS.votersMax,
      description: 'Who may vote.',
    }),
    deadlineMs: durationMs('How long the voters have'),
  }),
  'proposal.ballot_cast': data('ProposalBallotCastData', 'A voter voted.', {
    voter: AgentId,
    choice: Choice,
  }),
  'proposal.cancel_requested': data('ProposalCancelRequestedData', 'Its proposer takes it back.', { reason }),
  'proposal.equivocation': data('ProposalEquivocationData', 'A voter contradicted itself.', {
    voter: AgentId,
    statement: textEnum(['ballot', 'nomination', 'prevote', 'precommit'], { description: 'In what.' }),
  }),
  'proposal.decided': data('ProposalDecidedData', 'A quorum agreed; there is a certificate.', {
    outcome: Outcome,
    ending: Ending,
    round: Count('In which it was agreed.'),
    deliberationMs: durationMs('Until the ballots decided, or it ended otherwise'),
    agreementMs: durationMs('From then until the certificate'),
  }),
  'proposal.undecided': data('ProposalUndecidedData', 'No quorum agreed on anything in time.', {}),

  ...PATTERN_EVENTS,

  ...LEADER_EVENTS,

  ...MEMORY_EVENT_DATA,

  ...INTELLIGENCE_EVENT_DATA,

  'swarm.created': data('SwarmCreatedData', 'A new swarm.', { strategy: SwarmView.properties.strategy }),
  'swarm.updated': data(
    'SwarmUpdatedData',
    'The swarm was set up differently: what changed.',
    SwarmPatch.properties,
  ),
  'swarm.coordinator_changed': data('SwarmCoordinatorChangedData', 'A server node took the swarm over.', {
    coordinatorId: Type.String({ maxLength: 63, description: 'The server node.' }),
    epoch: Count('Numbers the coordinatorships of the swarm.'),
  }),

  'swarm.store_lost': data(
    'SwarmStoreLostData',
    'The store had lost data of the swarm, and an operator accepted the loss.',
    {
      reason: StoreLossReason,
      lostStoreId: StoreId,
    },
  ),

  ...CONTROL_EVENTS,

  'topology.changed': data('TopologyChangedData', 'Who may talk to whom changed.', {
    cause: textEnum(['joined', 'left', 'died', 'leader_elected', 'leader_lost', 'switched', 'recovered'], {
      description:
        'What changed the topology. `recovered`: a coordinating node took over, and only the version changed.',
    }),
    kind: textEnum(['mesh', 'hierarchical', 'ring'], {
      description: 'Kind of the topology after the change.',
    }),
    branching: Type.Optional(Count('Most children of one agent; of a `hierarchical` topology.')),
    direction: Type.Optional(textEnum(['one_way', 'two_way'], { description: 'Ways round; of a `ring`.' })),
    version: Count('Version of the topology after the change; every change raises it.'),
    linked: Type.Array(Link, {
      description: 'New links. Empty after a `switched`: docs/topologies.md says how the links follow then.',
    }),
    unlinked: Type.Array(Link, { description: 'Removed links. Empty after a `switched`.' }),
  }),
  ...LEARNING_EVENTS,
} as const satisfies Record<string, TObject>

export type EventName = keyof typeof EVENT_DATA
/** As it stands in an event's `type`. */
export type EventType = `amos.${EventName}`

export const EVENT_TYPE_PREFIX = 'amos.'

const attributes = {
  specversion: textEnum(['1.0'], { description: 'Of CloudEvents.' }),
  id: Type.String({
    maxLength: 64,
    description: 'Epoch and sequence number, `<epoch>-<sequence>`; a cursor to go on from.',
    examples: ['28123456-42'],
  }),
  source: Type.String({
    maxLength: 256,
    description: 'The swarm, as a path.',
    examples: ['/v1/swarms/default'],
  }),
  subject: Type.String({
    maxLength: EVENT_SUBJECT_LENGTH_MAX,
    description: 'The id of the task, agent or swarm it is about; of a record of the memory `NAMESPACE/KEY`.',
  }),
  time: Timestamp,
  datacontenttype: textEnum(['application/json'], { description: 'Of `data`.' }),
  sequence: Type.Integer({
    minimum: 1,
    description: 'Place in the log of the swarm; contiguous within one epoch, strictly increasing over all.',
  }),
}

interface EventOf<N extends EventName> {
  specversion: '1.0'
  /** `<epoch>-<sequence>`; a cursor to go on from. */
  id: string
  source: string
  type: `amos.${N}`
  subject: string
  time: string
  datacontenttype: 'application/json'
  sequence: number
  data: Static<(typeof EVENT_DATA)[N]>
}
/** An event of the log, as a CloudEvent 1.0: narrow on `type` to know `data`. */
export type SwarmEvent = { [N in EventName]: EventOf<N> }[EventName]

const concreteEvents = Object.entries(EVENT_DATA).map(([name, data]) =>
  closedObject(
    { ...attributes, type: Type.Literal(`${EVENT_TYPE_PREFIX}${name}`), data },
    { title: data.title?.replace(/Data$/, 'Event') ?? name, description: data.description ?? name },
  ),
)

export const Event = Type.Unsafe<SwarmEvent>(
  Type.Union(concreteEvents, { title: 'Event', description: 'One event of the log, as a CloudEvent 1.0.' }),
)

export const Gap = closedObject(
  {
    fromSequence: Type.Integer({ minimum: 1, description: 'First number that is missing.' }),
    toSequence: Type.Integer({ minimum: 1, description: 'Last number that is missing.' }),
    reason: textEnum(['trimmed', 'lost', 'damaged'], {
      description:
        '`trimmed`: too old to be kept. `lost`: the store lost its newest part; those numbers are void. `damaged`: the stored events do not match their checksums.',
    }),
  },
  { title: 'Gap', description: 'Events that cannot be had any more: never silence.' },
)
export type Gap = Static<typeof Gap>

export const EventPage = closedObject(
  {
    events: Type.Array(Event, { maxItems: 1_000, description: 'Oldest first.' }),
    gaps: Type.Array(Gap, { maxItems: 1_000, description: 'What is missing in this page.' }),
    next: Type.String({
      maxLength: 64,
      description: 'The cursor for the next page, also where this one is empty.',
    }),
    lastSequence: Count('The newest sequence number given so far.'),
  },
  { title: 'EventPage', description: 'A page of the event log.' },
)
export type EventPage = Static<typeof EventPage>

export const EventCursor = Type.String({
  maxLength: 64,
  description:
    'The `id` of an event, or a sequence number: what comes after it is read. `0` is the beginning.',
})
export const EventTypeFilter = Type.String({
  pattern: '^amos(?:\\.[a-z_]+)*\\.(?:[a-z_]+|\\*)$',
  maxLength: 64,
  description: 'A type of event, or the start of some with `.*`: `amos.task.*`.',
})
export const EventSubject = Type.String({
  pattern: '^[a-z0-9][a-z0-9-]{0,62}$|^@?[a-z0-9][a-z0-9-]{0,62}(?:/.{1,128})?$',
  maxLength: EVENT_SUBJECT_LENGTH_MAX,
  description:
    'Only events about this task, agent or swarm, about this record of the memory (`NAMESPACE/KEY`), or about a restricted namespace.',
})
