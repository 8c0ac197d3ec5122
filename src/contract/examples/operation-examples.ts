import type { AGENT_OPERATIONS } from '../operations/agent-operations.ts'
import type { CONSENSUS_OPERATIONS } from '../operations/consensus-operations.ts'
import type { CONTROL_OPERATIONS } from '../operations/control-operations.ts'
import type { DISTRIBUTION_OPERATIONS } from '../operations/distribution-operations.ts'
import type { GROUP_OPERATIONS } from '../operations/group-operations.ts'
import type { LEARNING_OPERATIONS } from '../operations/learning-operations.ts'
import type { MEMORY_OPERATIONS } from '../operations/memory-operations.ts'
import type { MESSAGE_OPERATIONS } from '../operations/message-operations.ts'
import type { MODEL_OPERATIONS } from '../operations/model-operations.ts'
import type { PATTERN_OPERATIONS } from '../operations/pattern-operations.ts'
import type { SCHEDULE_OPERATIONS } from '../operations/schedule-operations.ts'
import type { SWARM_OPERATIONS } from '../operations/swarm-operations.ts'
import type { SYSTEM_OPERATIONS } from '../operations/system-operations.ts'
import type { TASK_OPERATIONS } from '../operations/task-operations.ts'
import type { TRAIL_OPERATIONS } from '../operations/trail-operations.ts'
import {
  AGENT_ID,
  FENCING_TOKEN,
  MESSAGE_ID,
  PATTERN_ID,
  PROPOSAL_ID,
  ROUND_ID,
  TASK_ID,
} from './example-ids.ts'

export interface OperationExample {
  readonly params?: Readonly<Record<string, string>>
  readonly body?: Readonly<Record<string, unknown>>
  readonly query?: Readonly<Record<string, string | number>>
  /** Of a request whose body is no JSON, as numbers that are written in the format `float64`. */
  readonly numbers?: readonly number[]
}

export type OperationId =
  | keyof typeof SWARM_OPERATIONS
  | keyof typeof AGENT_OPERATIONS
  | keyof typeof TASK_OPERATIONS
  | keyof typeof CONTROL_OPERATIONS
  | keyof typeof DISTRIBUTION_OPERATIONS
  | keyof typeof SCHEDULE_OPERATIONS
  | keyof typeof MESSAGE_OPERATIONS
  | keyof typeof MEMORY_OPERATIONS
  | keyof typeof CONSENSUS_OPERATIONS
  | keyof typeof TRAIL_OPERATIONS
  | keyof typeof PATTERN_OPERATIONS
  | keyof typeof LEARNING_OPERATIONS
  | keyof typeof MODEL_OPERATIONS
  | keyof typeof GROUP_OPERATIONS
  | keyof typeof SYSTEM_OPERATIONS

const swarm = { swarmId: 'default' }
const otherSwarm = { swarmId: 'research' }
const agent = { ...swarm, agentId: AGENT_ID }
const task = { ...swarm, taskId: TASK_ID }
const proposal = { ...swarm, proposalId: PROPOSAL_ID }
const trails = { ...swarm, trailSet: 'routes' }
const pattern = { ...swarm, patternId: PATTERN_ID }
const model = { ...swarm, model: 'digits' }
const version = { ...model, version: '1' }
const round = { ...swarm, roundId: ROUND_ID }
const held = { agentId: AGENT_ID, fencingToken: FENCING_TOKEN }
const memory = { ...swarm, namespace: 'findings' }
const memoryRecord = { ...memory, key: 'heron-1' }
const WEIGHTS = { value: 1, key: 0, tags: 1, fields: { title: 3 } }
const sum = { type: 'sum', capabilities: ['sum'] }

/**
 * A request for each operation, shown in the OpenAPI document. Sent in this order to a new server, with the ids and
 * tokens that the server gives in place of those here, each of them succeeds, save `acceptStoreLoss` and `getGroup`: a new
 * server has lost nothing, and its agents have formed no groups.
 */
export const OPERATION_EXAMPLES: Readonly<Record<OperationId, OperationExample>> = {
  getLiveness: {},
  getReadiness: {},
  getMetrics: {},
  getStore: {},
  acceptStoreLoss: { body: { lostStoreId: '6f1c9f0e-3d2b-4c55-9a53-0b8f5c1f7a21' } },
  createSwarm: {
    body: { ...otherSwarm, description: 'Reads papers.', topology: { kind: 'ring', direction: 'two_way' } },
  },
  listSwarms: {},
  getSwarm: { params: swarm },
  updateSwarm: { params: otherSwarm, body: { description: 'Reads papers and writes summaries.' } },
  deleteSwarm: { params: otherSwarm },
  getResources: { params: swarm },
  registerAgent: {
    params: swarm,
    body: { agentId: AGENT_ID, name: 'Ada', capabilities: [{ name: 'sum', proficiency: 0.9 }], slots: 2 },
  },
  listAgents: { params: swarm },
  getAgent: { params: agent },
  updateAgent: { params: agent, body: { labels: { team: 'blue' } } },
  heartbeatAgent: { params: agent, body: { held: [] } },
  planAssignments: {
    params: swarm,
    body: {
      costs: [
        [9, 2, 7],
        [6, 4, 3],
        [5, 8, null],
      ],
    },
  },
  submitTask: { params: swarm, body: { ...sum, payload: { numbers: [1, 2, 3] }, priority: 2 } },
  submitTaskBatch: {
    params: swarm,
    body: {
      tasks: [
        { ...sum, payload: { numbers: [4, 5] } },
        { ...sum, payload: { numbers: [6, 7] }, delayMs: 500 },
      ],
    },
  },
  submitPipeline: {
    params: swarm,
    body: { stages: [sum, { type: 'report', capabilities: ['write'] }], payload: { numbers: [8, 9] } },
  },
  listTasks: { params: swarm },
  getTask: { params: task },
  claimTasks: { params: agent, body: { countMax: 1, waitMs: 5_000 } },
  getTaskDecision: { params: task },
  getTaskPlacement: { params: task },
  reportProgress: { params: task, body: { ...held, ratio: 0.5, message: 'half of the numbers' } },
  completeTask: { params: task, body: { ...held, result: { sum: 6 } } },
  failTask: {
    params: task,
    body: { ...held, failure: { code: 'bad_input', message: 'There are no numbers.' }, kind: 'fail' },
  },
  releaseTask: { params: task, body: { ...held, reason: 'The agent restarts.' } },
  cancelTask: { params: task, body: { reason: 'The result is not needed any more.' } },
  retryTask: { params: task, body: { includeDependents: true } },
  createSchedule: {
    params: swarm,
    body: {
      scheduleId: 'nightly-report',
      timing: { kind: 'cron', expression: '30 2 * * 1-5', timeZone: 'Europe/Berlin' },
      task: { type: 'report', capabilities: ['write'] },
    },
  },
  listSchedules: { params: swarm },
  getSchedule: { params: { ...swarm, scheduleId: 'nightly-report' } },
  pauseSchedule: { params: { ...swarm, scheduleId: 'nightly-report' } },
  resumeSchedule: { params: { ...swarm, scheduleId: 'nightly-report' } },
  runSchedule: { params: { ...swarm, scheduleId: 'nightly-report' } },
  deleteSchedule: { params: { ...swarm, scheduleId: 'nightly-report' } },
  setControl: {
    params: swarm,
    body: { target: 'key:acme', concurrencyMax: 3, rate: { count: 10, windowMs: 1_000 } },
  },
  pauseTasks: { params: swarm, body: { target: 'type:report', reason: 'The printer is out of order.' } },
  listControls: { params: swarm },
  resumeTasks: { params: swarm, body: { target: 'type:report' } },
  removeControl: { params: { ...swarm, target: 'key:acme' } },
  setBudget: { params: swarm, body: { target: 'key:acme', limit: { tokens: 1_000_000, money: 20 } } },
  topUpBudget: { params: swarm, body: { target: 'key:acme', amounts: { money: 5 } } },
  listBudgets: { params: swarm },
  removeBudget: { params: { ...swarm, target: 'key:acme' } },
  sendMessage: {
    params: swarm,
    body: {
      messageId: MESSAGE_ID,
      to: { kind: 'agent', agentId: AGENT_ID },
      payload: { note: 'The input has changed.' },
      isDurable: true,
    },
  },
  getMessageMetrics: { params: swarm },
  readInbox: { params: agent },
  acknowledgeInbox: { params: agent, body: { messageIds: [MESSAGE_ID] } },
  getTopology: { params: swarm },
  propose: {
    params: swarm,
    body: { proposalId: PROPOSAL_ID, title: 'Merge change 42?', payload: { change: 42 } },
  },
  listProposals: { params: swarm },
  getProposal: { params: proposal },
  castBallot: {
    params: proposal,
    body: { agentId: AGENT_ID, choice: 'approve', reason: 'All tests pass.' },
  },
  listBallots: { params: proposal },
  cancelProposal: { params: proposal, body: { reason: 'The change was withdrawn.' } },
  getProposalDecision: { params: proposal },
  listPatterns: { params: swarm },
  getPattern: { params: pattern },
  acknowledgePattern: { params: pattern, body: { note: 'The team of ada looks at it.' } },
  dismissPattern: { params: pattern, body: { note: 'Both agents are meant to check each other.' } },
  getLeader: { params: swarm },
  startElection: { params: swarm, body: {} },
  declareNamespace: {
    params: memory,
    body: { readers: ['agent', 'viewer'], writers: ['agent', 'submitter'], weights: WEIGHTS },
  },
  putMemory: {
    params: memoryRecord,
    body: { value: { text: 'The heron nests in the oak.' }, tags: ['birds'] },
  },
  getMemory: { params: memoryRecord },
  getMemoryHistory: { params: memoryRecord },
  putMemoryBatch: {
    params: memory,
    body: { records: [{ key: 'crane-1', value: 'The crane is away.', ttlMs: 60_000 }] },
  },
  readMemoryBatch: { params: memory, body: { keys: ['heron-1', 'crane-1'] } },
  operateMemory: {
    params: { ...memory, key: 'sightings' },
    body: { type: 'counter', replica: 'replica-7f3a', n: 1, amount: 2 },
  },
  mergeMemory: {
    params: memory,
    body: {
      records: [
        { key: 'status', state: { type: 'lww', value: '"open"', stamp: [1_800_000_000, 0, 'replica-7f3a'] } },
      ],
    },
  },
  listNamespaces: { params: swarm },
  listMemory: { params: memory },
  searchMemory: { params: swarm, body: { text: 'heron oak', tags: ['birds'] } },
  deleteMemory: { params: memoryRecord },
  deleteMemoryBatch: { params: memory, body: { keys: ['crane-1'] } },
  createTrailSet: {
    params: swarm,
    body: {
      trailSet: 'routes',
      evaporation: { unit: 'deposits', rate: 0.02 },
      min: 0.01,
      max: 1,
      initial: 1,
    },
  },
  listTrailSets: { params: swarm },
  getTrailSet: { params: trails },
  depositTrails: {
    params: trails,
    body: {
      deposits: [
        { edge: 'berlin-paris', amount: 0.2 },
        { edge: 'paris-rome', amount: -0.1 },
      ],
    },
  },
  readTrails: { params: trails, body: { edges: ['berlin-paris', 'paris-rome'] } },
  followTrails: {
    params: trails,
    body: {
      options: [
        { edge: 'berlin-paris', heuristic: 0.9 },
        { edge: 'berlin-rome', heuristic: 0.6 },
      ],
      beta: 2,
    },
  },
  topTrails: { params: trails },
  clearTrails: { params: trails, body: { edges: ['paris-rome'] } },
  deleteTrailSet: { params: trails },
  reportOutcome: {
    params: swarm,
    body: {
      type: 'sum',
      method: 'column-by-column',
      isSuccess: true,
      durationMs: 120,
      cost: 0.2,
    },
  },
  listExperience: { params: swarm },
  exportExperience: { params: swarm },
  getAdvice: { params: { ...swarm, taskType: 'sum' } },
  listLearnedTypes: { params: swarm },
  createModel: {
    params: swarm,
    body: { model: 'digits', description: 'Reads digits.', format: 'float64', shape: [2, 2] },
  },
  addModelVersion: { params: model, numbers: [0, 0, 0, 0] },
  listModels: { params: swarm },
  readModelVersion: { params: version },
  evaluateModel: { params: version, body: { metric: 'accuracy', value: 0.94, sampleCount: 823 } },
  rollBackModel: { params: model, body: { version: 1 } },
  openRound: {
    params: swarm,
    body: {
      model: 'digits',
      aggregator: { kind: 'median' },
      clientsMin: 1,
      durationMs: 60_000,
      agentIds: [AGENT_ID],
      parameters: { epochs: 5 },
    },
  },
  listRounds: { params: swarm },
  getRound: { params: round },
  declineRound: { params: { ...round, agentId: AGENT_ID } },
  sendUpdate: {
    params: { ...round, agentId: AGENT_ID },
    query: { baseVersion: 1, sampleCount: 300 },
    numbers: [0.5, 0, 0.25, 1],
  },
  closeRound: { params: round, body: {} },
  cancelRound: { params: round, body: {} },
  listGroups: { params: swarm },
  getGroup: { params: { ...swarm, group: 'group-1' } },
  readEvents: { params: swarm },
  deregisterAgent: { params: agent },
}
