import { type Static, Type } from '@sinclair/typebox'
import { BudgetAmounts } from './control.ts'
import { LIMITS } from './limits.ts'
import { AgentId, Attempt, FencingToken, Json, LeaseMs, Ratio, TaskId, Text, Timestamp } from './scalars.ts'
import { annotate, closedObject, freeText, textEnum } from './schema.ts'
import { TASK_VIEW_PROPERTIES, TaskFailure, WaitsFor } from './task.ts'

export const ClaimRequest = closedObject(
  {
    countMax: Type.Integer({
      minimum: 1,
      maximum: LIMITS.claimCountMax,
      default: 1,
      description: "Most tasks to hand out; never more than the agent's free slots.",
    }),
    waitMs: Type.Integer({
      minimum: 0,
      maximum: LIMITS.claimWaitMsMax,
      default: 0,
      description: 'How long to wait for the first task, in milliseconds.',
    }),
  },
  { title: 'ClaimRequest', description: 'An agent asks for work.' },
)
export type ClaimRequest = Static<typeof ClaimRequest>

export const AssignedTask = closedObject(
  {
    type: TASK_VIEW_PROPERTIES.type,
    capabilities: TASK_VIEW_PROPERTIES.capabilities,
    priority: TASK_VIEW_PROPERTIES.priority,
    deadline: TASK_VIEW_PROPERTIES.deadline,
    timeoutMs: TASK_VIEW_PROPERTIES.timeoutMs,
    maxAttempts: TASK_VIEW_PROPERTIES.maxAttempts,
    dependsOn: TASK_VIEW_PROPERTIES.dependsOn,
    resources: TASK_VIEW_PROPERTIES.resources,
    memoryRefs: TASK_VIEW_PROPERTIES.memoryRefs,
    parentTaskId: TASK_VIEW_PROPERTIES.parentTaskId,
    metadata: TASK_VIEW_PROPERTIES.metadata,
  },
  { title: 'AssignedTask', description: 'What the client asked for, as far as it concerns the agent.' },
)
export type AssignedTask = Static<typeof AssignedTask>

export const ASSIGNMENT_PROPERTIES = {
  taskId: TaskId,
  fencingToken: FencingToken,
  attempt: Attempt,
  leaseMs: LeaseMs,
  expiresAt: annotate(Timestamp, {
    description: "Advice: when the lease ends unless it is renewed, by the coordinating node's clock.",
  }),
  task: AssignedTask,
  payload: Json('What the client submitted.'),
}

export const Assignment = closedObject(ASSIGNMENT_PROPERTIES, {
  title: 'Assignment',
  description: 'A task an agent is given, and the right to do it.',
})
export type Assignment = Static<typeof Assignment>

export const ClaimReply = closedObject(
  {
    assignments: Type.Array(Assignment, {
      maxItems: LIMITS.claimCountMax,
      description: 'Empty where there is no work.',
    }),
  },
  { title: 'ClaimReply', description: 'The work the agent was given.' },
)
export type ClaimReply = Static<typeof ClaimReply>

const held = { agentId: AgentId, fencingToken: FencingToken }

/** What an agent may say about a task, over HTTP and over its channel alike. */
export const PROGRESS_PROPERTIES = {
  ratio: Type.Optional(Ratio('Share of the work that is done, 0 to 1.')),
  message: Type.Optional(Text('What is being done, for people.')),
  waitsFor: Type.Optional(WaitsFor),
  status: Type.Optional(
    textEnum(['working', 'input_required', 'auth_required'], {
      description: "Say that a person's input or credentials are waited for, or that work goes on.",
    }),
  ),
}
export const FailKind = textEnum(['retry', 'fail', 'reject'], {
  description:
    '`retry`: another attempt may help. `fail`: none will. `reject`: this should never have been asked for.',
  default: 'retry',
})
export const Result = Json(`Any JSON, at most ${LIMITS.payloadBytesMax} bytes of UTF-8, and kept as sent.`)
export const ReleaseReason = freeText({
  maxLength: LIMITS.textLengthMax,
  default: 'released by the agent',
  description: 'Why, for people.',
})

export const TaskProgressReport = closedObject(
  { ...held, ...PROGRESS_PROPERTIES },
  { title: 'TaskProgressReport', description: 'Work goes on; renews the lease.' },
)
export type TaskProgressReport = Static<typeof TaskProgressReport>

/** What the attempt used of budgets. */
export const Usage = Type.Optional(
  annotate(BudgetAmounts, {
    description:
      'What the attempt used, for the budgets that it had reserved from; what was reserved counts where it is left out. The server measures `seconds` itself.',
  }),
)

export const TaskCompleteReport = closedObject(
  { ...held, result: Type.Optional(annotate(Result, { default: null })), usage: Usage },
  { title: 'TaskCompleteReport', description: 'The work is done.' },
)
export type TaskCompleteReport = Static<typeof TaskCompleteReport>

export const TaskFailReport = closedObject(
  { ...held, failure: TaskFailure, kind: FailKind, usage: Usage },
  { title: 'TaskFailReport', description: 'The work failed.' },
)
export type TaskFailReport = Static<typeof TaskFailReport>

export const TaskReleaseReport = closedObject(
  { ...held, reason: ReleaseReason },
  { title: 'TaskReleaseReport', description: 'The agent gives the task back.' },
)
export type TaskReleaseReport = Static<typeof TaskReleaseReport>
