import type {
  AgentFrameOf,
  AgentFrameType,
  ChannelFrameOf,
  ChannelFrameType,
} from '../frames/agent-frames.ts'
import type { StreamFrameOf, StreamFrameType, SubscribeFrame } from '../frames/stream-frames.ts'
import {
  AGENT_ID,
  EXAMPLE_TIME,
  FENCING_TOKEN,
  MESSAGE_ID,
  PROPOSAL_ID,
  ROUND_ID,
  TASK_ID,
} from './example-ids.ts'

const held = { taskId: TASK_ID, fencingToken: FENCING_TOKEN }
const error = {
  type: 'error',
  requestId: 2,
  code: 'lease_lost',
  title: 'The task is not held under this token any more',
  status: 409,
  detail: `Task ${TASK_ID} is no longer held under this token.`,
  retryable: false,
} as const
const drain = { type: 'drain', reason: 'The server is shutting down.' } as const

/** Frames that an agent sends, shown in the AsyncAPI document. */
export const AGENT_FRAME_EXAMPLES: { readonly [T in AgentFrameType]: AgentFrameOf<T> } = {
  hello: { type: 'hello', requestId: 1, held: [] },
  heartbeat: { type: 'heartbeat', held: [held] },
  'task.accept': { type: 'task.accept', ...held },
  'task.progress': { type: 'task.progress', ...held, ratio: 0.5, message: 'half of the numbers' },
  'task.complete': { type: 'task.complete', requestId: 2, ...held, result: { sum: 6 } },
  'task.fail': {
    type: 'task.fail',
    requestId: 2,
    ...held,
    failure: { code: 'bad_input', message: 'There are no numbers.' },
    kind: 'fail',
  },
  'task.release': { type: 'task.release', requestId: 2, ...held, reason: 'The agent restarts.' },
  bid: { type: 'bid', auctionId: `${TASK_ID}-1-1`, price: 2.5, promiseMs: 2_000 },
  drain: { type: 'drain', requestId: 3 },
  'message.send': {
    type: 'message.send',
    requestId: 3,
    to: { kind: 'topic', topic: 'findings/security' },
    payload: { file: 'login.ts', line: 3 },
  },
  'message.ack': { type: 'message.ack', requestId: 4, messageIds: [MESSAGE_ID] },
  subscribe: { type: 'subscribe', requestId: 5, topics: ['findings/security'] },
  consensus: {
    type: 'consensus',
    requestId: 6,
    body: { kind: 'choice', proposalId: PROPOSAL_ID, choice: 'approve', reason: 'All tests pass.' },
  },
}

/** Frames that the server sends to an agent, shown in the AsyncAPI document. */
export const CHANNEL_FRAME_EXAMPLES: { readonly [T in ChannelFrameType]: ChannelFrameOf<T> } = {
  welcome: {
    type: 'welcome',
    requestId: 1,
    agentId: AGENT_ID,
    swarmId: 'default',
    epoch: 3,
    leaseMs: 10_000,
    heartbeatMs: 3_333,
    kept: [],
    lost: [],
  },
  'task.assigned': {
    type: 'task.assigned',
    ...held,
    attempt: 1,
    leaseMs: 10_000,
    expiresAt: EXAMPLE_TIME,
    task: {
      type: 'sum',
      capabilities: ['sum'],
      priority: 3,
      timeoutMs: 600_000,
      maxAttempts: 3,
      dependsOn: [],
      resources: {},
      metadata: {},
    },
    payload: { numbers: [1, 2, 3] },
  },
  'task.revoked': { type: 'task.revoked', ...held, reason: 'The lease expired.' },
  'task.canceled': { type: 'task.canceled', ...held, reason: 'The result is not needed any more.' },
  call_for_bids: {
    type: 'call_for_bids',
    auctionId: `${TASK_ID}-1-1`,
    taskId: TASK_ID,
    taskType: 'sum',
    priority: 3,
    capabilities: ['sum'],
    resources: {},
    closesInMs: 50,
  },
  message: {
    type: 'message',
    messageId: MESSAGE_ID,
    to: { kind: 'agent', agentId: AGENT_ID },
    kind: 'message',
    payload: { note: 'The input has changed.' },
    sentAt: EXAMPLE_TIME,
    isDurable: true,
    path: [AGENT_ID],
    topologyVersion: 7,
  },
  gap: { type: 'gap', missedCount: 12 },
  consensus: { type: 'consensus', body: { kind: 'cancelled', proposalId: PROPOSAL_ID } },
  'training.round': {
    type: 'training.round',
    roundId: ROUND_ID,
    model: 'digits',
    baseVersion: 1,
    format: 'float64',
    shape: [10, 65],
    parameters: { epochs: 5 },
    deadline: EXAMPLE_TIME,
  },
  drain,
  ack: { type: 'ack', requestId: 2, result: { taskId: TASK_ID, status: 'completed', phase: 'done' } },
  error,
}

/** The frame that a subscriber sends, shown in the AsyncAPI document. */
export const SUBSCRIBER_FRAME_EXAMPLES: { readonly subscribe: SubscribeFrame } = {
  subscribe: { type: 'subscribe', requestId: 1, types: ['amos.task.*'], since: '0' },
}

/** Frames that the server sends to a subscriber, shown in the AsyncAPI document. */
export const STREAM_FRAME_EXAMPLES: { readonly [T in StreamFrameType]: StreamFrameOf<T> } = {
  ack: { type: 'ack', requestId: 1 },
  event: {
    type: 'event',
    event: {
      specversion: '1.0',
      id: '28123456-42',
      source: '/v1/swarms/default',
      type: 'amos.task.completed',
      subject: TASK_ID,
      time: EXAMPLE_TIME,
      datacontenttype: 'application/json',
      sequence: 42,
      data: { agentId: AGENT_ID, attempt: 1, fencingToken: FENCING_TOKEN, runMs: 840 },
    },
  },
  gap: { type: 'gap', fromSequence: 1, toSequence: 41, reason: 'trimmed' },
  drain,
  error,
}
