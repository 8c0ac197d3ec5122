import type { BudgetCharge } from './budget-record.ts'
import { type JsonText } from './ids.ts'
import { packedCodec, shape } from './packed-codec.ts'
import { recordKind, textCodec } from './record-kind.ts'
import {
  type Backoff,
  type TaskAttempt,
  type TaskFailure,
  type TaskLease,
  type TaskProgress,
  type TaskRecord,
  type TaskSpec,
} from './task-record.ts'

const FAILURE = shape<TaskFailure>({ code: 'plain', message: 'plain' })

const ATTEMPT = shape<TaskAttempt>({
  attempt: 'plain',
  agentId: 'plain',
  fencingToken: 'plain',
  assignedAt: 'time',
  endedAt: 'time',
  outcome: 'plain',
  failure: FAILURE,
})

const LEASE = shape<TaskLease>({
  agentId: 'plain',
  fencingToken: 'plain',
  ownerNodeId: 'plain',
  nodeEpoch: 'plain',
  leaseMs: 'plain',
  isReceived: 'plain',
  usedMs: 'plain',
  usedAt: 'time',
  reportingChain: 'plain',
  charges: [shape<BudgetCharge>({ target: 'plain', amounts: 'plain' })],
})

const SPEC = shape<TaskSpec>({
  type: 'plain',
  capabilities: 'plain',
  priority: 'plain',
  maxAttempts: 'plain',
  timeoutMs: 'plain',
  backoff: shape<Backoff>({ baseMs: 'plain', factor: 'plain', maxMs: 'plain' }),
  delayMs: 'plain',
  dependsOn: 'plain',
  resources: 'plain',
  metadata: 'plain',
  deadlineAt: 'time',
  parentTaskId: 'plain',
  inputFrom: 'plain',
  affinityKey: 'plain',
  memoryRefs: 'plain',
  fairnessKey: 'plain',
  fairnessWeight: 'plain',
  cost: 'plain',
  labels: 'plain',
  onDependencyFailure: 'plain',
  passInputs: 'plain',
})

const TASK = shape<Omit<TaskRecord, 'taskId' | 'createdAt'>>({
  spec: SPEC,
  status: 'plain',
  phase: 'plain',
  attempt: 'plain',
  assignmentCount: 'plain',
  readyCount: 'plain',
  hasResult: 'plain',
  attempts: [ATTEMPT],
  readyAt: 'time',
  assignedAt: 'time',
  startedAt: 'time',
  finishedAt: 'time',
  progress: shape<TaskProgress>({ ratio: 'plain', message: 'plain', at: 'time', waitsFor: 'plain' }),
  failure: FAILURE,
  lease: LEASE,
  retryOf: 'plain',
  retriedAs: 'plain',
  failedDependents: 'plain',
  previousAgentId: 'plain',
  delegators: 'plain',
  undeliveredCount: 'plain',
  rootTaskId: 'plain',
  scheduleId: 'plain',
})

export const TASK_RECORDS = recordKind<TaskRecord>('task', {
  codec: packedCodec({ shape: TASK, id: 'taskId', time: 'createdAt' }),
})

/** A task's payload, under the task's id. */
export const PAYLOAD_RECORDS = recordKind<JsonText>('payload', { codec: textCodec(), isListed: false })

/** A task's result, under the task's id. */
export const RESULT_RECORDS = recordKind<JsonText>('result', {
  codec: textCodec(),
  isListed: false,
  isCached: false,
})

/** The results of what a task depends on, under the task's id: one object, by the ids of those tasks. */
export const INPUT_RECORDS = recordKind<JsonText>('inputs', {
  codec: textCodec(),
  isListed: false,
  isCached: false,
})
