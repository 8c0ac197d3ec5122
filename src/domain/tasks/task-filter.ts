import type { AgentId, EpochMs, TaskId } from '../model/ids.ts'
import { isTerminal, type TaskPhase, type TaskRecord, type TaskStatus } from '../model/task-record.ts'

/** Which tasks to list; all conditions count. Times: from `After` (inclusive) to `Before` (exclusive). */
export interface TaskFilter {
  readonly status?: TaskStatus
  readonly phase?: TaskPhase
  readonly type?: string
  readonly agentId?: AgentId
  readonly parentTaskId?: TaskId
  /** `name=value`. */
  readonly label?: string
  readonly fairnessKey?: string
  readonly scheduleId?: string
  /** The code of its failure. */
  readonly errorCode?: string
  readonly createdAfter?: EpochMs
  readonly createdBefore?: EpochMs
  readonly finishedAfter?: EpochMs
  readonly finishedBefore?: EpochMs
  /** In its phase since before this time. */
  readonly inPhaseSince?: EpochMs
  /** Held by an agent that has reported no progress since this time. */
  readonly noProgressSince?: EpochMs
}

/** `-createdAt`: the newest first. */
export type TaskOrder = 'createdAt' | '-createdAt'

/** Whether only open tasks can match, which a store finds without looking at the others. */
export function isOfOpenTasks({ status, phase, noProgressSince }: TaskFilter): boolean {
  return (
    (status !== undefined && !isTerminal(status)) ||
    (phase !== undefined && phase !== 'done' && phase !== 'dead_letter') ||
    noProgressSince !== undefined
  )
}

/** @param task as it stands now, see `taskAt` */
export function matchesTask(task: TaskRecord, filter: TaskFilter): boolean {
  const { spec } = task
  return (
    is(filter.status, task.status) &&
    is(filter.phase, task.phase) &&
    is(filter.type, spec.type) &&
    is(filter.agentId, (task.lease ?? task.attempts.at(-1))?.agentId) &&
    is(filter.parentTaskId, spec.parentTaskId) &&
    is(filter.fairnessKey, spec.fairnessKey) &&
    is(filter.scheduleId, task.scheduleId) &&
    is(filter.errorCode, task.failure?.code) &&
    (filter.label === undefined || hasLabel(spec.labels, filter.label)) &&
    isWithin(task.createdAt, filter.createdAfter, filter.createdBefore) &&
    isWithin(task.finishedAt, filter.finishedAfter, filter.finishedBefore) &&
    isWithin(phaseSince(task), undefined, filter.inPhaseSince) &&
    isWithin(lastSignOf(task), undefined, filter.noProgressSince)
  )
}

/** When the task came into its phase. */
export function phaseSince(task: TaskRecord): EpochMs {
  switch (task.phase) {
    case 'queued':
      return task.readyAt ?? task.createdAt
    case 'assigned':
    case 'offered':
      return task.assignedAt ?? task.createdAt
    case 'running':
      return task.startedAt ?? task.createdAt
    case 'retrying':
      return task.attempts.at(-1)?.endedAt ?? task.createdAt
    case 'done':
    case 'dead_letter':
      return task.finishedAt ?? task.createdAt
    default:
      return task.createdAt
  }
}

/** What an agent that holds the task last said of it; undefined where no agent holds it. */
function lastSignOf({ lease, progress, startedAt, assignedAt }: TaskRecord): EpochMs | undefined {
  return lease === undefined ? undefined : (progress?.at ?? startedAt ?? assignedAt)
}

function is<T>(wanted: T | undefined, actual: T | undefined): boolean {
  return wanted === undefined || wanted === actual
}

/** A time that is missing is within no bounds. */
function isWithin(time: EpochMs | undefined, from: EpochMs | undefined, to: EpochMs | undefined): boolean {
  if (from === undefined && to === undefined) return true
  return time !== undefined && (from === undefined || time >= from) && (to === undefined || time < to)
}

/** @param label `name=value`: names hold no `=`, values may */
function hasLabel(labels: Readonly<Record<string, string>> = {}, label: string): boolean {
  const end = label.indexOf('=')
  const name = label.slice(0, end)
  return end !== -1 && Object.hasOwn(labels, name) && labels[name] === label.slice(end + 1)
}
