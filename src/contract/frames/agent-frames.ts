import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { AgentHeartbeatReply } from '../agent.ts'
import {
  ASSIGNMENT_PROPERTIES,
  FailKind,
  PROGRESS_PROPERTIES,
  ReleaseReason,
  Result,
  Usage,
} from '../claim.ts'
import { TRAINING_ROUND_PROPERTIES } from '../learning-models.ts'
import { LIMITS } from '../limits.ts'
import {
  DELIVERED_PROPERTIES,
  InboxAcknowledged,
  MESSAGE_PROPERTIES,
  MessageIds,
  MessageSent,
  Topics,
} from '../message.ts'
import {
  AgentId,
  Count,
  FencingToken,
  HeldTasks,
  LeaseMs,
  Name,
  ResourceAmounts,
  SwarmId,
  TaskId,
  Text,
} from '../scalars.ts'
import { annotate, closedObject } from '../schema.ts'
import { TaskFailure, TaskPhase, TaskStatus } from '../task.ts'
import { DrainFrame, ErrorFrame } from './answer-frames.ts'
import { ConsensusMessage, ConsensusNotice } from './consensus-bodies.ts'
import { frame, RequestId } from './frame.ts'

const requestId = Type.Optional(RequestId)
function inMessagePack<S extends TSchema>(schema: S): S {
  return annotate(schema, {
    description: `${schema.description} In MessagePack frames: its UTF-8 text, as bin.`,
  })
}

const held = { requestId, taskId: TaskId, fencingToken: FencingToken }

const AuctionId = Type.String({
  minLength: 1,
  maxLength: 128,
  description: 'Names the auction; from `call_for_bids`.',
})

/** The frames an agent sends over its channel, by their type. `hello` is the first. */
export const AGENT_FRAMES = {
  hello: frame('hello', 'HelloFrame', 'The first frame: who the agent is and what it still works on.', {
    requestId,
    token: Type.Optional(
      Type.String({
        maxLength: LIMITS.agentTokenLengthMax,
        description: "The agent's credential, where the upgrade request did not carry it.",
      }),
    ),
    held: Type.Optional(HeldTasks),
    connection: Type.Optional(
      closedObject(
        {
          processId: Text('Drawn anew by each process that plays the agent.', 64),
          number: Type.Integer({ minimum: 1, description: '1 for the first connection of the process.' }),
        },
        {
          description:
            'Which connection of which process this is. Of one process the highest number wins, whatever order they arrive in. Left out: the connection that arrives last wins.',
        },
      ),
    ),
  }),
  heartbeat: frame(
    'heartbeat',
    'HeartbeatFrame',
    'The agent is alive and works on these; renews their leases.',
    {
      requestId,
      held: Type.Optional(HeldTasks),
    },
  ),
  'task.accept': frame('task.accept', 'TaskAcceptFrame', 'The agent took the task up.', held),
  'task.progress': frame('task.progress', 'TaskProgressFrame', 'Work goes on; renews the lease.', {
    ...held,
    ...PROGRESS_PROPERTIES,
  }),
  'task.complete': frame('task.complete', 'TaskCompleteFrame', 'The work is done.', {
    ...held,
    result: Type.Optional(
      annotate(Result, {
        description: `${Result.description} In MessagePack frames: its UTF-8 text, as bin.`,
      }),
    ),
    usage: Usage,
  }),
  'task.fail': frame('task.fail', 'TaskFailFrame', 'The work failed.', {
    ...held,
    failure: TaskFailure,
    kind: Type.Optional(FailKind),
    usage: Usage,
  }),
  'task.release': frame('task.release', 'TaskReleaseFrame', 'The agent gives the task back.', {
    ...held,
    reason: Type.Optional(ReleaseReason),
  }),
  bid: frame(
    'bid',
    'BidFrame',
    'Answers `call_for_bids`; the first answer counts. Without a price the hub estimates a bid for the agent.',
    {
      requestId,
      auctionId: AuctionId,
      price: Type.Optional(
        Type.Number({
          minimum: 0,
          maximum: 1e12,
          description: "What the agent asks for, in the swarm's own unit; the lowest bid wins.",
        }),
      ),
      isDeclined: Type.Optional(Type.Boolean({ description: 'The agent does not want the task.' })),
      promiseMs: Type.Optional(
        Type.Integer({
          minimum: 0,
          maximum: LIMITS.timeoutMsMax,
          description:
            'How long the task will take the agent, in milliseconds. An agent that takes longer has its later bids raised.',
        }),
      ),
    },
  ),
  drain: frame(
    'drain',
    'StopWorkFrame',
    'The agent takes no new task over this connection; it goes on with the tasks that it holds.',
    { requestId },
  ),
  'message.send': frame('message.send', 'MessageSendFrame', 'The agent says something to others.', {
    requestId,
    ...MESSAGE_PROPERTIES,
    payload: Type.Optional(inMessagePack(MESSAGE_PROPERTIES.payload)),
  }),
  'message.ack': frame(
    'message.ack',
    'MessageAckFrame',
    'The agent has dealt with durable messages; they are not delivered again.',
    { requestId, messageIds: MessageIds },
  ),
  subscribe: frame(
    'subscribe',
    'SubscribeTopicsFrame',
    'The agent wants the messages of these topics. To be said anew on each connection.',
    { requestId, topics: Topics },
  ),
  consensus: frame('consensus', 'ConsensusFrame', 'A word of the agent in an election or on a proposal.', {
    requestId,
    body: ConsensusMessage,
  }),
} as const
export type AgentFrameType = keyof typeof AGENT_FRAMES
export type AgentFrameOf<T extends AgentFrameType> = Static<(typeof AGENT_FRAMES)[T]>
export type AgentFrame = { [T in AgentFrameType]: AgentFrameOf<T> }[AgentFrameType]

const revoked = {
  taskId: TaskId,
  fencingToken: FencingToken,
  reason: Text('Why, for people.'),
}

const TaskAck = closedObject(
  { taskId: TaskId, status: TaskStatus, phase: TaskPhase },
  { title: 'TaskAck', description: 'What became of the task.' },
)

/** The frames the server sends over an agent's channel, by their type. */
export const CHANNEL_FRAMES = {
  welcome: frame('welcome', 'WelcomeFrame', 'Answers `hello`: the channel is open.', {
    requestId,
    agentId: AgentId,
    swarmId: SwarmId,
    epoch: Count('Of this connection; a newer one of the same agent has a higher one.'),
    leaseMs: LeaseMs,
    heartbeatMs: Type.Integer({ minimum: 1, description: 'How often to send `heartbeat`, in milliseconds.' }),
    kept: Type.Array(TaskId, { maxItems: LIMITS.heldTasksMax, description: 'Tasks the agent still holds.' }),
    lost: Type.Array(TaskId, {
      maxItems: LIMITS.heldTasksMax,
      description: 'Tasks it no longer holds; it should stop working on them.',
    }),
  }),
  'task.assigned': frame('task.assigned', 'TaskAssignedFrame', 'A task, and the right to do it.', {
    ...ASSIGNMENT_PROPERTIES,
    payload: annotate(ASSIGNMENT_PROPERTIES.payload, {
      description: 'What the client submitted. In MessagePack frames: its UTF-8 text, as bin.',
    }),
  }),
  'task.revoked': frame(
    'task.revoked',
    'TaskRevokedFrame',
    'The agent no longer holds the task; what it still sends for it is refused.',
    revoked,
  ),
  'task.canceled': frame(
    'task.canceled',
    'TaskCanceledFrame',
    'As `task.revoked`, because a client canceled it.',
    revoked,
  ),
  call_for_bids: frame(
    'call_for_bids',
    'CallForBidsFrame',
    'A task is offered under the strategy `auction`. The agent may answer with `bid`.',
    {
      auctionId: AuctionId,
      taskId: TaskId,
      taskType: Name,
      priority: Type.Integer({ minimum: 1, maximum: 5, description: '1 is the most urgent, 5 the least.' }),
      capabilities: Type.Array(Name, {
        maxItems: LIMITS.capabilitiesPerTaskMax,
        description: 'What the task needs.',
      }),
      resources: ResourceAmounts,
      closesInMs: Type.Integer({
        minimum: 1,
        description:
          'How long bids are taken, in milliseconds; the auction ends sooner once all have answered.',
      }),
    },
  ),
  message: frame('message', 'MessageFrame', 'A message for the agent. A durable one is to be acknowledged.', {
    ...DELIVERED_PROPERTIES,
    payload: inMessagePack(DELIVERED_PROPERTIES.payload),
  }),
  gap: frame(
    'gap',
    'MessageGapFrame',
    'Messages are missing here: they came faster than they were read. Durable ones are still in the inbox.',
    { missedCount: Count('How many.') },
  ),
  consensus: frame(
    'consensus',
    'ConsensusNoticeFrame',
    'In the matter of an election or a proposal. It overtakes messages.',
    { body: ConsensusNotice },
  ),
  'training.round': frame(
    'training.round',
    'TrainingRoundFrame',
    'Train a model in a learning round: read the version, train, and send the update before the deadline.',
    TRAINING_ROUND_PROPERTIES,
  ),
  drain: DrainFrame,
  ack: frame('ack', 'AckFrame', 'Answers a frame that had a `requestId`.', {
    requestId: RequestId,
    result: Type.Optional(
      Type.Union([TaskAck, AgentHeartbeatReply, MessageSent, InboxAcknowledged], {
        description:
          'For `heartbeat` what is still held; for `task.complete`, `fail` and `release` the task; for `message.send` and `message.ack` what became of the messages.',
      }),
    ),
  }),
  error: ErrorFrame,
} as const
export type ChannelFrameType = keyof typeof CHANNEL_FRAMES
export type ChannelFrameOf<T extends ChannelFrameType> = Static<(typeof CHANNEL_FRAMES)[T]>
export type ChannelFrame = { [T in ChannelFrameType]: ChannelFrameOf<T> }[ChannelFrameType]
