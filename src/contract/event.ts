import { type Static, type TObject, Type } from '@sinclair/typebox'
import { AgentStatus } from './agent.ts'
import { CONSENSUS_LIMITS } from './consensus/consensus-limits.ts'
import { Choice, Ending, Outcome, ProposalTitle } from './consensus/signed.ts'
import { CONTROL_EVENTS } from './control-events.ts'
import { eventData as data } from './event-data.ts'
import { LEADER_EVENTS } from './leader-events.ts'
import { LEARNING_EVENTS } from './learning-events.ts'
import { MEMORY_EVENT_DATA } from './memory-events.ts'
import { PATTERN_EVENTS } from './patterns.ts'
import { AgentId, Attempt, Count, FencingToken, Name, Ratio, TaskId, Text, Timestamp } from './scalars.ts'
import { annotate, closedObject, textEnum } from './schema.ts'
import { StoreId, StoreLossReason } from './store.ts'
import { SwarmPatch, SwarmView } from './swarm.ts'
import { TaskFailure, TaskPhase, TaskStatus, WaitsFor } from './task.ts'
import { TRAIL_EVENT_DATA } from './trail-events.ts'

/** A namespace, a slash and a key. */
const EVENT_SUBJECT_LENGTH_MAX = 193

const durationMs = (description: string) => Count(`${description}, in milliseconds.`)

const taskType = Type.Optional(
  annotate(Name, {
    description: 'The type of the task. Events that an earlier version wrote do not have it.',
  }),
)

const holder = {
  taskType,
  agentId: AgentId,
  attempt: Attempt,
  fencingToken: FencingToken,
}
/** Of a task that may never have been held. */
const holderIfAny = {
  taskType,
  agentId: Type.Optional(AgentId),
  attempt: Attempt,
  fencingToken: Type.Optional(FencingToken),
}
const reason = Text('Why, for people.')
const phase = TaskPhase
const agentState = {
  status: AgentStatus,
  epoch: Count('Of its newest connection or registration.'),
  slots: Count('Tasks it can do at the same time.'),
}

const Link = closedObject(
  { from: AgentId, to: AgentId },
  { title: 'Link', description: 'From parent to child in a tree, from an agent to its successor in a ring.' },
)

/** What each type of event carries. On the wire the type has `amos.` before it. */
export const EVENT_DATA = {
  'task.submitted': data('TaskSubmittedData', 'A task was accepted.', {
    taskType: Name,
    priority: Type.Integer({ minimum: 1, maximum: 5, description: '1 is the most urgent.' }),
    phase,
    parentTaskId: Type.Optional(TaskId),
    dependsOn: Type.Optional(
      Type.Array(TaskId, { maxItems: 100, description: 'Tasks that have to be completed before.' }),
    ),
  }),
  'task.unblocked': data('TaskUnblockedData', 'All it depends on is completed.', { taskType, phase }),
  'task.assigned': data('TaskAssignedData', 'The task was given to an agent.', {
    ...holder,
    waitMs: durationMs('How long it had been ready'),
  }),
  'task.started': data('TaskStartedData', 'The agent took the task up.', holder),
  'task.progress': data('TaskProgressData', 'The agent reported progress.', {
    ...holder,
    ratio: Type.Optional(Ratio('Share of the work that is done, 0 to 1.')),
    message: Type.Optional(Text('What is being done, for people.')),
    waitsFor: Type.Optional(WaitsFor),
    status: TaskStatus,
  }),
  'task.completed': data('TaskCompletedData', 'The task is done.', {
    ...holder,
    runMs: durationMs('From assignment to completion'),
  }),
  'task.retrying': data('TaskRetryingData', 'An attempt failed; another will be made.', {
    ...holderIfAny,
    outcome: textEnum(['failed', 'expired'], { description: 'How the attempt ended.' }),
    failure: TaskFailure,
    retryInMs: durationMs('How long until then'),
  }),
  'task.escalated': data(
    'TaskEscalatedData',
    'The failed attempt is a matter of the managers above the agent.',
    {
      taskType,
      agentId: AgentId,
      attempt: Attempt,
      reportingChain: Type.Array(AgentId, {
        minItems: 1,
        maxItems: 64,
        description:
          'The managers, nearest first: the first is told, and the next attempt is offered below it before all others.',
      }),
    },
  ),
  'task.released': data('TaskReleasedData', 'The task went back to the queue with its attempt given back.', {
    ...holderIfAny,
    outcome: textEnum(['released', 'revoked', 'undelivered'], {
      description: 'Whether the agent gave it back, the swarm took it back, or the agent did not receive it.',
    }),
    reason,
  }),
  'task.failed': data('TaskFailedData', 'The task failed for good.', {
    ...holderIfAny,
    outcome: Type.Optional(textEnum(['failed', 'expired'], { description: 'How the last attempt ended.' })),
    failure: TaskFailure,
    phase,
  }),
  'task.canceled': data('TaskCanceledData', 'The task was canceled.', { ...holderIfAny, reason }),
  'task.rejected': data('TaskRejectedData', 'The agent says the task should never have been asked for.', {
    ...holderIfAny,
    failure: TaskFailure,
  }),

  'agent.registered': data(
    'AgentRegisteredData',
    'An agent joined the swarm, or joined it anew.',
    agentState,
  ),
  'agent.updated': data('AgentUpdatedData', 'What the agent can do was changed.', agentState),
  'agent.online': data('AgentOnlineData', 'The agent can be given work.', {
    ...agentState,
    nodeId: Type.Optional(
      Type.String({
        maxLength: 63,
        description: 'The server node its channel ends at, where it just opened one.',
      }),
    ),
  }),
  'agent.suspect': data('AgentSuspectData', 'The agent is silent.', agentState),
  'agent.offline': data('AgentOfflineData', 'The agent is gone.', agentState),
  'agent.draining': data('AgentDrainingData', 'The agent finishes what it holds.', agentState),
  'agent.removed': data('AgentRemovedData', 'The agent left the swarm.', {}),
  'agent.breaker_opened': data(
    'AgentBreakerOpenedData',
    'The agent failed too often and gets no work for now.',
    {
      cooldownMs: durationMs('How long'),
    },
  ),
  'agent.breaker_closed': data('AgentBreakerClosedData', 'The agent gets work again.', {}),

  'agent.quarantined': data(
    'AgentQuarantinedData',
    'The agent contradicted itself under its own signature: no work, no vote.',
    { ...agentState, reason },
  ),
  'agent.released': data('AgentReleasedData', 'The agent is trusted again.', agentState),

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

  ...TRAIL_EVENT_DATA,

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
