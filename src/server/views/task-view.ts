import type { TaskAttemptView, TaskView } from '#contract/task.ts'
import type { JsonText } from '#domain/model/ids.ts'
import type { TaskAttempt, TaskProgress, TaskRecord } from '#domain/model/task-record.ts'
import { wireTime } from './wire-time.ts'

/** A task as the contract shows it: what was asked for and where it stands, on one level. */
export function taskView(record: TaskRecord): TaskView {
  const { spec, attempts } = record
  const view: TaskView = {
    taskId: record.taskId,
    type: spec.type,
    status: record.status,
    phase: record.phase,
    attempt: record.attempt,
    maxAttempts: spec.maxAttempts,
    capabilities: [...spec.capabilities],
    priority: spec.priority,
    delayMs: spec.delayMs,
    timeoutMs: spec.timeoutMs,
    backoff: spec.backoff,
    dependsOn: [...spec.dependsOn],
    resources: spec.resources,
    metadata: spec.metadata,
    createdAt: wireTime(record.createdAt),
    attempts: attempts.length === 0 ? [] : attempts.map(attemptView),
    hasResult: record.hasResult,
  }
  addWhatIsKnown(view, record)
  return view
}

/** Assigned one by one, not spread: batches are answered with hundreds of views, and this halves what each costs. */
function addWhatIsKnown(view: TaskView, record: TaskRecord): void {
  const { spec, lease, progress, failure, readyAt, assignedAt, startedAt, finishedAt, retryOf, retriedAs } =
    record
  if (spec.deadlineAt !== undefined) view.deadline = wireTime(spec.deadlineAt)
  if (spec.parentTaskId !== undefined) view.parentTaskId = spec.parentTaskId
  if (spec.affinityKey !== undefined) view.affinityKey = spec.affinityKey
  if (spec.memoryRefs !== undefined) view.memoryRefs = [...spec.memoryRefs]
  if (spec.inputFrom !== undefined) view.inputFrom = spec.inputFrom
  if (spec.fairnessKey !== undefined) view.fairnessKey = spec.fairnessKey
  if (spec.fairnessWeight !== undefined) view.fairnessWeight = spec.fairnessWeight
  if (spec.onDependencyFailure !== undefined) view.onDependencyFailure = spec.onDependencyFailure
  if (spec.cost !== undefined) view.cost = spec.cost
  if (spec.labels !== undefined) view.labels = spec.labels
  if (record.scheduleId !== undefined) view.scheduleId = record.scheduleId
  if (retryOf !== undefined) view.retryOf = retryOf
  if (retriedAs !== undefined) view.retriedAs = retriedAs
  if (readyAt !== undefined) view.readyAt = wireTime(readyAt)
  if (assignedAt !== undefined) view.assignedAt = wireTime(assignedAt)
  if (startedAt !== undefined) view.startedAt = wireTime(startedAt)
  if (finishedAt !== undefined) view.finishedAt = wireTime(finishedAt)
  if (lease !== undefined) {
    view.lease = { agentId: lease.agentId, fencingToken: lease.fencingToken, leaseMs: lease.leaseMs }
  }
  if (progress !== undefined) view.progress = progressView(progress)
  if (failure !== undefined) view.failure = failure
}

function attemptView(attempt: TaskAttempt): TaskAttemptView {
  return { ...attempt, assignedAt: wireTime(attempt.assignedAt), endedAt: wireTime(attempt.endedAt) }
}

/** The reply of one task with its payload and result put in as the text they are kept as. */
export function taskDetailText(record: TaskRecord, payload?: JsonText, result?: JsonText): string {
  const withoutBrace = JSON.stringify(taskView(record)).slice(0, -1)
  const payloadPart = payload === undefined ? '' : `,"payload":${payload}`
  const resultPart = result === undefined ? '' : `,"result":${result}`
  return `${withoutBrace}${payloadPart}${resultPart}}`
}

function progressView({ waitsFor, at: _at, ...progress }: TaskProgress): NonNullable<TaskView['progress']> {
  return waitsFor === undefined ? progress : { ...progress, waitsFor: [...waitsFor] }
}
