import { assert } from '../model/errors.ts'
import type { TaskEvents, TaskHolder, TaskHolderIfAny, TaskSubmitted } from '../model/events/task-events.ts'
import { type DataOf, type EventDraft, eventDraft } from '../model/events.ts'
import type { EpochMs } from '../model/ids.ts'
import type { TaskRecord, TaskSpec } from '../model/task-record.ts'

/** The assignment that stands. */
export function holder(task: TaskRecord): Omit<TaskHolder, 'taskType'> {
  const { attempt, lease } = task
  assert(lease !== undefined, 'a task that an agent reports on is held')
  return { agentId: lease.agentId, attempt, fencingToken: lease.fencingToken }
}

export function holderIfAny(task: TaskRecord): Omit<TaskHolderIfAny, 'taskType'> {
  return task.lease === undefined ? { attempt: task.attempt } : holder(task)
}

/** What is empty or has its default is left out. */
export function submittedFacts(
  spec: TaskSpec,
  now: EpochMs,
  payloadBytes: number | undefined,
): Omit<TaskSubmitted, 'phase'> {
  const { type, priority, capabilities, maxAttempts, timeoutMs, delayMs, dependsOn, resources } = spec
  const { deadlineAt, parentTaskId, affinityKey, fairnessKey, cost, labels } = spec
  const deadlineMs = deadlineAt === undefined ? undefined : deadlineAt - now
  const given = { deadlineMs, parentTaskId, affinityKey, fairnessKey, cost, labels, payloadBytes }
  return {
    taskType: type,
    priority,
    maxAttempts,
    timeoutMs,
    ...(capabilities.length === 0 ? {} : { capabilities }),
    ...(delayMs === 0 ? {} : { delayMs }),
    ...(dependsOn.length === 0 ? {} : { dependsOn }),
    ...(Object.keys(resources).length === 0 ? {} : { resources }),
    ...withoutUndefined(given),
  }
}

function withoutUndefined<T extends object>(given: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}

export function taskEvent<N extends keyof TaskEvents>(
  type: N,
  task: TaskRecord,
  now: EpochMs,
  data: Omit<DataOf<N>, 'taskType'>,
): EventDraft {
  return eventDraft(type, task.taskId, now, { taskType: task.spec.type, ...data } as DataOf<N>)
}
