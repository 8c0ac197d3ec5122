import { type Static, Type } from '@sinclair/typebox'
import { TaskDecision } from './decision.ts'
import { AgentId, Count, TaskId, Text, Timestamp } from './scalars.ts'
import { annotate, closedObject, textEnum } from './schema.ts'
import { TaskPhase, TaskStatus } from './task.ts'

const WaitCode = textEnum(
  [
    'dependency',
    'delayed',
    'retrying',
    'paused',
    'concurrency_limit',
    'rate_limit',
    'budget_exhausted',
    'no_capable_agent',
    'no_agent_large_enough',
    'agents_offline',
    'agents_draining',
    'agents_quarantined',
    'agents_circuit_open',
    'agents_not_asking',
    'agents_busy',
    'in_line',
  ],
  { description: 'Why it waits; docs/scheduling.md says what each means.' },
)

const NAMED_MAX = 10

export const WaitReason = closedObject(
  {
    code: WaitCode,
    message: Text('The same for people.', 4_096),
    changedBy: textEnum(['operator', 'client', 'agents', 'time'], {
      description: 'What can end the wait; `time`: it ends by itself.',
    }),
    target: Type.Optional(
      Type.String({ maxLength: 160, description: 'The limit, pause or budget that holds the task.' }),
    ),
    agentIds: Type.Optional(
      Type.Array(AgentId, { maxItems: NAMED_MAX, description: 'Agents that are concerned.' }),
    ),
    agentCount: Type.Optional(Count('Agents that are concerned, those that are not named included.')),
    waitingFor: Type.Optional(
      Type.Array(TaskId, { maxItems: NAMED_MAX, description: 'Tasks that have to be over first.' }),
    ),
    since: Type.Optional(
      annotate(Timestamp, { description: 'When the last agent that could do it was removed.' }),
    ),
    until: Type.Optional(annotate(Timestamp, { description: 'When the wait ends at the earliest.' })),
    position: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Place in line; 1 for the next task that such agents get.' }),
    ),
    estimatedWaitMs: Type.Optional(
      Count('From the mean run time, in milliseconds; left out where no task has run yet.'),
    ),
  },
  { title: 'WaitReason', description: 'One reason why a task does not run, and what can change it.' },
)
export type WaitReason = Static<typeof WaitReason>

export const TaskPlacement = closedObject(
  {
    taskId: TaskId,
    status: TaskStatus,
    phase: TaskPhase,
    waiting: Type.Array(WaitReason, {
      maxItems: 32,
      description: 'Why it does not run; empty where an agent holds it or it is over.',
    }),
    placement: Type.Optional(
      annotate(TaskDecision, { description: 'Why the newest assignment went where it went.' }),
    ),
  },
  { title: 'TaskPlacement', description: 'Why a task is where it is.' },
)
export type TaskPlacement = Static<typeof TaskPlacement>

export const WaitSummary = closedObject(
  {
    code: WaitCode,
    message: Text('For people.', 4_096),
    taskCount: Count('Ready tasks that wait for this reason.'),
  },
  { title: 'WaitSummary', description: 'A reason why ready tasks wait, other than that agents are busy.' },
)
export type WaitSummary = Static<typeof WaitSummary>
