import { Type } from '@sinclair/typebox'
import { BudgetAmounts } from './control.ts'
import { eventData as data } from './event-data.ts'
import { LIMITS } from './limits.ts'
import {
  AgentId,
  Attempt,
  Count,
  FencingToken,
  Labels,
  Name,
  Ratio,
  ResourceAmounts,
  TaskId,
  Text,
} from './scalars.ts'
import { annotate, textEnum } from './schema.ts'
import { TaskFailure, TaskPhase, TaskStatus, WaitsFor } from './task.ts'

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
const phase = TaskPhase
const reason = Text('Why, for people.')

/** What a replay of the log needs to know of a task. What is empty or was not given is left out. */
const facts = {
  capabilities: Type.Optional(
    Type.Array(Name, { maxItems: LIMITS.capabilitiesPerTaskMax, description: 'Capabilities it needs.' }),
  ),
  maxAttempts: Type.Optional(Count('Number of attempts that may fail.')),
  timeoutMs: Type.Optional(durationMs('How long an attempt may take')),
  delayMs: Type.Optional(durationMs('How long after its submission the task may start at the earliest')),
  deadlineMs: Type.Optional(durationMs('How long after its submission the deadline is')),
  dependsOn: Type.Optional(
    Type.Array(TaskId, { maxItems: LIMITS.dependsOnMax, description: 'Tasks that it depends on.' }),
  ),
  parentTaskId: Type.Optional(TaskId),
  resources: Type.Optional(ResourceAmounts),
  affinityKey: Type.Optional(
    annotate(Name, { description: 'Tasks with the same key go to the same agent where they can.' }),
  ),
  fairnessKey: Type.Optional(
    annotate(Name, { description: 'The key whose share of the swarm the task counts for.' }),
  ),
  cost: Type.Optional(BudgetAmounts),
  labels: Type.Optional(Labels),
  payloadBytes: Type.Optional(Count('Bytes of the payload in UTF-8.')),
}

/** Events of tasks. */
export const TASK_EVENTS = {
  'task.submitted': data('TaskSubmittedData', 'A task was accepted.', {
    taskType: Name,
    priority: Type.Integer({ minimum: 1, maximum: 5, description: '1 is the most urgent.' }),
    phase,
    ...facts,
  }),
  'task.unblocked': data('TaskUnblockedData', 'All it depends on is completed.', { taskType, phase }),
  'task.assigned': data('TaskAssignedData', 'The task was given to an agent.', {
    ...holder,
    waitMs: durationMs('How long it had been ready'),
    strategy: Type.Optional(
      Type.String({ maxLength: 32, description: 'The kind of strategy that chose the agent.' }),
    ),
    candidateCount: Type.Optional(Count('Agents that could have been chosen.')),
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
    resultBytes: Type.Optional(Count('Bytes of the result in UTF-8.')),
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
} as const
