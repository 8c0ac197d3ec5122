import type { TaskAttemptView, TaskView } from '#contract/task.ts'
import type { JsonText } from '#domain/ids.ts'
import type { TaskAttempt, TaskRecord } from '#domain/orchestration/task-record.ts'
import { wireTime } from './wire-time.ts'

/** A task as the contract shows it: what was asked for and where it stands, on one level. */
export function taskView(record: TaskRecord): TaskView {
  const { spec, lease, progress, failure, readyAt, assignedAt, startedAt, finishedAt, retryOf } = record
  const { deadlineAt, parentTaskId } = spec
  return {
    taskId: record.taskId,
    type: spec.type,
    status: record.status,
    phase: record.phase,
    attempt: record.attempt,
    maxAttempts: spec.maxAttempts,
    capabilities: [...spec.capabilities],
    priority: spec.priority,
    ...(deadlineAt === undefined ? {} : { deadline: wireTime(deadlineAt) }),
    delayMs: spec.delayMs,
    timeoutMs: spec.timeoutMs,
    backoff: spec.backoff,
    dependsOn: [...spec.dependsOn],
    resources: spec.resources,
    ...(parentTaskId === undefined ? {} : { parentTaskId }),
    ...(retryOf === undefined ? {} : { retryOf }),
    metadata: spec.metadata,
    createdAt: wireTime(record.createdAt),
    ...(readyAt === undefined ? {} : { readyAt: wireTime(readyAt) }),
    ...(assignedAt === undefined ? {} : { assignedAt: wireTime(assignedAt) }),
    ...(startedAt === undefined ? {} : { startedAt: wireTime(startedAt) }),
    ...(finishedAt === undefined ? {} : { finishedAt: wireTime(finishedAt) }),
    ...(lease === undefined
      ? {}
      : { lease: { agentId: lease.agentId, fencingToken: lease.fencingToken, leaseMs: lease.leaseMs } }),
    ...(progress === undefined ? {} : { progress }),
    ...(failure === undefined ? {} : { failure }),
    attempts: record.attempts.map(attemptView),
    hasResult: record.hasResult,
  }
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
