import { type Static, Type } from '@sinclair/typebox'
import { LIMITS } from './limits.ts'
import { MemoryRefs } from './memory-refs.ts'
import {
  AgentId,
  Attempt,
  Count,
  Durability,
  FencingToken,
  Json,
  Labels,
  LeaseMs,
  Metadata,
  NAME_PATTERN,
  Name,
  NEXT_PAGE,
  Ratio,
  ResourceAmounts,
  TaskId,
  Text,
  Timestamp,
} from './scalars.ts'
import { annotate, closedObject, distinct, freeText, textEnum } from './schema.ts'
import { CONTROLLED } from './task-controls.ts'

export const TaskStatus = textEnum(
  ['submitted', 'working', 'input_required', 'auth_required', 'completed', 'failed', 'canceled', 'rejected'],
  {
    description:
      'State of the task, as in A2A 1.0; `completed`, `failed`, `canceled` and `rejected` are final.',
  },
)
export type TaskStatus = Static<typeof TaskStatus>

export const TaskPhase = textEnum(
  ['blocked', 'delayed', 'queued', 'offered', 'assigned', 'running', 'retrying', 'dead_letter', 'done'],
  {
    description: 'Where in the swarm the task is; `dead_letter` is a failed task that used up its attempts.',
  },
)
export type TaskPhase = Static<typeof TaskPhase>

export const Backoff = closedObject(
  {
    baseMs: Type.Integer({ minimum: 0, maximum: 3_600_000, default: 1_000, description: 'Milliseconds.' }),
    factor: Type.Number({
      minimum: 1,
      maximum: 10,
      default: 2,
      description: 'Growth from one wait to the next.',
    }),
    maxMs: Type.Integer({ minimum: 0, maximum: 86_400_000, default: 60_000, description: 'Milliseconds.' }),
  },
  {
    title: 'Backoff',
    description:
      'Wait before attempt n + 1: between half and all of min(`maxMs`, `baseMs` · `factor`^(n − 1)), drawn at random.',
  },
)

export const TaskFailure = closedObject(
  {
    code: Type.String({
      pattern: NAME_PATTERN,
      maxLength: LIMITS.nameLengthMax,
      description:
        'The swarm writes `lease_expired`, `timeout`, `agent_lost`, `undelivered`, `deadline_exceeded`, `dependency_failed` or `canceled`; an agent its own.',
    }),
    message: Text('What happened, for people.', 4_096),
  },
  { title: 'TaskFailure', description: 'Why an attempt or a task failed.' },
)
export type TaskFailure = Static<typeof TaskFailure>

const priority = Type.Integer({
  minimum: 1,
  maximum: 5,
  default: 3,
  description: '1 is the most urgent, 5 the least.',
})
const capabilities = distinct(Name, {
  maxItems: LIMITS.capabilitiesPerTaskMax,
  default: [],
  description: 'What an agent must be able to do to get the task; all of them.',
})
const timeoutMs = Type.Integer({
  minimum: LIMITS.timeoutMsMin,
  maximum: LIMITS.timeoutMsMax,
  default: LIMITS.timeoutMsDefault,
  description: 'How long one attempt may take in all, in milliseconds; nothing extends it.',
})
const dependsOn = distinct(TaskId, {
  maxItems: LIMITS.dependsOnMax,
  default: [],
  description: 'Tasks that must be completed before this one may start.',
})
const parentTaskId = Type.Optional(
  annotate(TaskId, { description: 'The task this one is a part of; canceling the parent cancels it too.' }),
)
const deadline = Type.Optional(
  annotate(Timestamp, {
    description:
      'When the result is worth nothing any more; a task that misses it fails with `deadline_exceeded`.',
  }),
)

const affinityKey = Type.Optional(
  freeText({
    maxLength: LIMITS.nameLengthMax,
    description:
      'Tasks with the same key go to the same agent where they can, under the strategies that keep a queue for each agent.',
  }),
)
/** What a client asks for. */
export const TaskSubmit = closedObject(
  {
    type: Type.String({
      pattern: NAME_PATTERN,
      maxLength: LIMITS.nameLengthMax,
      description: 'What kind of work it is.',
      examples: ['review.complexity'],
    }),
    capabilities,
    payload: Type.Optional(
      annotate(Json(`Any JSON, at most ${LIMITS.payloadBytesMax} bytes of UTF-8, and kept as sent.`), {
        default: null,
      }),
    ),
    priority,
    deadline,
    delayMs: Type.Integer({
      minimum: 0,
      maximum: LIMITS.delayMsMax,
      default: 0,
      description: 'How long after its submission the task may start at the earliest, in milliseconds.',
    }),
    maxAttempts: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: LIMITS.attemptsMax,
        description: "Attempts before the task is given up; the server's `AMOS_MAX_ATTEMPTS` where left out.",
      }),
    ),
    timeoutMs,
    backoff: annotate(Backoff, { default: {} }),
    dependsOn,
    resources: annotate(ResourceAmounts, { default: {} }),
    affinityKey,
    memoryRefs: MemoryRefs,
    parentTaskId,
    metadata: annotate(Metadata, { default: {} }),
    ...CONTROLLED,
    labels: annotate(Labels, { default: {} }),
  },
  { title: 'TaskSubmit', description: 'A task to be done.' },
)
/** With every default filled in, as the server sees it. */
export type TaskSubmit = Static<typeof TaskSubmit>

export const TaskLeaseView = closedObject(
  { agentId: AgentId, fencingToken: FencingToken, leaseMs: LeaseMs },
  { title: 'TaskLease', description: 'Who holds the task now.' },
)

export const WaitsFor = distinct(AgentId, {
  maxItems: 32,
  description:
    'Agents that have to do something before this task can go on, all of them; none where left out. Each progress report says it anew.',
})

export const TaskProgressView = closedObject(
  {
    ratio: Type.Optional(Ratio('Share of the work that is done, 0 to 1.')),
    message: Type.Optional(Text('What is being done, for people.')),
    waitsFor: Type.Optional(WaitsFor),
  },
  { title: 'TaskProgress', description: 'What the agent last said of its progress.' },
)

export const TaskAttemptView = closedObject(
  {
    attempt: Attempt,
    agentId: AgentId,
    fencingToken: FencingToken,
    assignedAt: Timestamp,
    endedAt: Timestamp,
    outcome: textEnum(
      ['completed', 'failed', 'rejected', 'released', 'revoked', 'undelivered', 'expired', 'canceled'],
      {
        description:
          'How the attempt ended. `released`, `revoked` and `undelivered` (the agent did not receive the task) do not count against `maxAttempts`.',
      },
    ),
    failure: Type.Optional(TaskFailure),
  },
  { title: 'TaskAttempt', description: 'One assignment that ended.' },
)

export type TaskAttemptView = Static<typeof TaskAttemptView>

export const TASK_VIEW_PROPERTIES = {
  taskId: TaskId,
  type: Name,
  status: TaskStatus,
  phase: TaskPhase,
  attempt: Attempt,
  maxAttempts: Type.Integer({
    minimum: 1,
    maximum: LIMITS.attemptsMax,
    description: 'Attempts before it is given up.',
  }),
  capabilities,
  priority,
  deadline,
  delayMs: Count('How long after its submission the task may start at the earliest, in milliseconds.'),
  timeoutMs,
  backoff: Backoff,
  dependsOn,
  resources: ResourceAmounts,
  affinityKey,
  memoryRefs: MemoryRefs,
  parentTaskId,
  inputFrom: Type.Optional(
    annotate(TaskId, { description: 'The stage before it in a pipeline: its result is the payload.' }),
  ),
  retryOf: Type.Optional(annotate(TaskId, { description: 'The finished task that this one does again.' })),
  retriedAs: Type.Optional(annotate(TaskId, { description: 'The newest task that does this one again.' })),
  metadata: Metadata,
  ...CONTROLLED,
  labels: Type.Optional(Labels),
  scheduleId: Type.Optional(
    Type.String({ maxLength: LIMITS.idLengthMax, description: 'The schedule that submitted it.' }),
  ),
  createdAt: Timestamp,
  readyAt: Type.Optional(
    annotate(Timestamp, { description: 'When the task last became ready to run, or will.' }),
  ),
  assignedAt: Type.Optional(annotate(Timestamp, { description: 'When the newest assignment was made.' })),
  startedAt: Type.Optional(annotate(Timestamp, { description: 'When an agent last took it up.' })),
  finishedAt: Type.Optional(annotate(Timestamp, { description: 'When it reached its final state.' })),
  lease: Type.Optional(TaskLeaseView),
  progress: Type.Optional(TaskProgressView),
  failure: Type.Optional(TaskFailure),
  attempts: Type.Array(TaskAttemptView, {
    maxItems: 10,
    description: 'The newest attempts that ended, oldest first.',
  }),
  hasResult: Type.Boolean({ description: 'Whether there is a result to read.' }),
}

/** A task as it stands, without its payload and result. */
export const TaskView = closedObject(TASK_VIEW_PROPERTIES, {
  title: 'Task',
  description: 'A task as it stands, without its payload and result.',
})
export type TaskView = Static<typeof TaskView>

export const TaskDetail = closedObject(
  {
    ...TASK_VIEW_PROPERTIES,
    payload: Type.Optional(Json('What the client submitted.')),
    result: Type.Optional(Json('What the agent completed it with.')),
  },
  { title: 'TaskDetail', description: 'A task as it stands, with its payload and its result.' },
)
export type TaskDetail = Static<typeof TaskDetail>

export const TaskAccepted = closedObject(
  { ...TASK_VIEW_PROPERTIES, durability: Durability },
  { title: 'TaskAccepted', description: 'The accepted task, and what its acceptance survives.' },
)
export type TaskAccepted = Static<typeof TaskAccepted>

export const TaskPage = closedObject(
  {
    tasks: Type.Array(TaskView, { maxItems: LIMITS.pageSizeMax, description: 'Newest first.' }),
    ...NEXT_PAGE,
  },
  { title: 'TaskPage', description: 'A page of tasks. It may be short and yet not be the last.' },
)
export type TaskPage = Static<typeof TaskPage>

export const TaskBatchSubmit = closedObject(
  {
    tasks: Type.Array(TaskSubmit, {
      minItems: 1,
      maxItems: LIMITS.batchMax,
      description: 'All are accepted, or none.',
    }),
  },
  { title: 'TaskBatchSubmit', description: 'Several tasks to be done.' },
)
export type TaskBatchSubmit = Static<typeof TaskBatchSubmit>

export const TaskBatchAccepted = closedObject(
  {
    tasks: Type.Array(TaskView, { maxItems: LIMITS.batchMax, description: 'In the order of the request.' }),
    durability: Durability,
  },
  { title: 'TaskBatchAccepted', description: 'The accepted tasks, and what their acceptance survives.' },
)
export type TaskBatchAccepted = Static<typeof TaskBatchAccepted>

export const TaskCancel = closedObject(
  {
    reason: freeText({
      maxLength: LIMITS.textLengthMax,
      default: 'canceled by the client',
      description: 'Why, for people.',
    }),
  },
  { title: 'TaskCancel', description: 'Why a task is canceled.' },
)
export type TaskCancel = Static<typeof TaskCancel>
