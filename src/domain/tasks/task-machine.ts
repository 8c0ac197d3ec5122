import type { TaskEvents } from '../model/events/task-events.ts'
import type { DataOf, EventDraft } from '../model/events.ts'
import type { AgentId, EpochMs, TaskId } from '../model/ids.ts'
import {
  ATTEMPTS_KEPT_MAX,
  type TaskAttempt,
  type TaskFailure,
  type TaskLease,
  type TaskPhase,
  type TaskProgress,
  type TaskRecord,
  type TaskSpec,
} from '../model/task-record.ts'
import type { ReadyEntry, ReadyEntryName } from '../ports/ready-queue.ts'
import type { AdmissionFacts } from '../resources/admission/admission-gate.ts'
import { draftOf, type TaskDraft } from './task-draft.ts'
import { holder, holderIfAny, submittedFacts, taskEvent } from './task-events.ts'

/** One transition of a task: what it is now, what the log says of it, and its new ready-queue entry if it has one. */
export interface TaskChange {
  readonly task: TaskRecord
  readonly events: readonly EventDraft[]
  readonly ready: readonly ReadyEntry[]
  /** The ready-queue entry that it uses up. */
  readonly settled?: readonly ReadyEntryName[]
}

/** A task's place among its ready entries, smallest first; see `priorityRank`. */
export type RankOf = (createdAt: EpochMs, priority: number) => number

export interface NewTaskFacts {
  readonly taskId: TaskId
  readonly spec: TaskSpec
  readonly retryOf?: TaskId | undefined
  /** Who did the stage before it, where its payload is that stage's result already. */
  readonly previousAgentId?: AgentId | undefined
  /** Who split it off its own task, and the managers above; undefined where nobody in a tree did. */
  readonly delegators?: readonly AgentId[] | undefined
  readonly rootTaskId?: TaskId | undefined
  readonly scheduleId?: string | undefined
  /** Whether something it depends on is not completed yet. */
  readonly isBlocked: boolean
  readonly payloadBytes?: number
}

export function newTask(facts: NewTaskFacts, now: EpochMs, rankOf: RankOf): TaskChange {
  const { spec, isBlocked, payloadBytes } = facts
  const task: TaskRecord = {
    taskId: facts.taskId,
    spec,
    retryOf: facts.retryOf,
    previousAgentId: facts.previousAgentId,
    delegators: facts.delegators,
    rootTaskId: facts.rootTaskId,
    scheduleId: facts.scheduleId,
    createdAt: now,
    status: 'submitted',
    phase: 'blocked',
    attempt: 0,
    assignmentCount: 0,
    readyCount: 0,
    hasResult: false,
    attempts: [],
  }
  const change = isBlocked ? { task, events: [], ready: [] } : makeReady(task, now, now, rankOf)
  const submitted = taskEvent('task.submitted', change.task, now, {
    ...submittedFacts(spec, now, payloadBytes),
    phase: change.task.phase,
  })
  return { task: change.task, events: [submitted, ...change.events], ready: change.ready }
}

/** All that the task depends on is completed. */
export function unblock(task: TaskRecord, now: EpochMs, rankOf: RankOf): TaskChange {
  const change = makeReady(task, now, now, rankOf)
  return { ...change, events: [taskEvent('task.unblocked', change.task, now, { phase: change.task.phase })] }
}

export function assignTask(
  task: TaskRecord,
  lease: TaskLease,
  isAccepted: boolean,
  now: EpochMs,
  placement: Pick<DataOf<'task.assigned'>, 'strategy' | 'candidateCount'> = {},
): TaskChange {
  const assigned = draftOf(task)
  assigned.failure = undefined
  assigned.progress = undefined
  assigned.status = isAccepted ? 'working' : 'submitted'
  assigned.phase = isAccepted ? 'running' : 'assigned'
  assigned.attempt = task.attempt + 1
  assigned.assignmentCount = task.assignmentCount + 1
  assigned.lease = lease
  assigned.assignedAt = now
  if (isAccepted) assigned.startedAt = now
  const waitMs = Math.max(0, now - (task.readyAt ?? task.createdAt))
  const data = { ...holder(assigned), waitMs, ...placement }
  const events = [taskEvent('task.assigned', assigned, now, data)]
  if (isAccepted) events.push(taskEvent('task.started', assigned, now, holder(assigned)))
  const { taskId, readyCount } = task
  return { task: assigned, events, ready: [], settled: [{ taskId, readyCount }] }
}

/** The agent named the task: it has received it, and has used so much of `timeoutMs`. */
export function renewLease(task: TaskRecord, usedMs: number, now: EpochMs): TaskRecord {
  if (task.lease === undefined) return task
  const renewed = draftOf(task)
  renewed.lease = { ...task.lease, isReceived: true, usedMs, usedAt: now }
  return renewed
}

/** The agent has it and works on it. */
export function startTask(task: TaskRecord, now: EpochMs): TaskChange {
  if (task.phase === 'running') return { task, events: [], ready: [] }
  const started = draftOf(task)
  started.status = 'working'
  started.phase = 'running'
  started.startedAt = now
  return { task: started, events: [taskEvent('task.started', started, now, holder(started))], ready: [] }
}

export function reportProgress(
  task: TaskRecord,
  progress: TaskProgress,
  status: 'working' | 'input_required' | 'auth_required' | undefined,
  now: EpochMs,
): TaskChange {
  const start = startTask(task, now)
  const moved = draftOf(start.task)
  moved.status = status ?? start.task.status
  moved.progress = { ...progress, at: now }
  const data = { ...holder(moved), ...progress, status: moved.status }
  return { task: moved, events: [...start.events, taskEvent('task.progress', moved, now, data)], ready: [] }
}

export function completeTask(task: TaskRecord, now: EpochMs, resultBytes?: number): TaskChange {
  const runMs = now - (task.assignedAt ?? now)
  const done = endAttempt(task, 'completed', now)
  done.status = 'completed'
  done.phase = 'done'
  done.finishedAt = now
  done.hasResult = true
  const size = resultBytes === undefined ? {} : { resultBytes }
  const completed = taskEvent('task.completed', done, now, { ...holder(task), runMs, ...size })
  return { task: done, events: [completed], ready: [] }
}

export interface FailedAttempt {
  readonly failure: TaskFailure
  readonly outcome: 'failed' | 'expired'
  /** False where another attempt cannot help. */
  readonly mayRetry: boolean
  readonly retryInMs: number
  /** The managers above the agent, nearest first; undefined where the swarm is not hierarchical. */
  readonly escalation?: readonly AgentId[] | undefined
}

/** An attempt failed or its lease ran out: try again after a wait, or give up. */
export function failAttempt(
  task: TaskRecord,
  attempt: FailedAttempt,
  now: EpochMs,
  rankOf: RankOf,
): TaskChange {
  const { failure, outcome, mayRetry, retryInMs, escalation } = attempt
  const ended = endAttempt(task, outcome, now, failure)
  ended.failure = failure
  const data = { ...holderIfAny(task), outcome, failure }
  if (!mayRetry || task.attempt >= task.spec.maxAttempts) {
    ended.status = 'failed'
    ended.phase = mayRetry ? 'dead_letter' : 'done'
    return finish(ended, 'task.failed', { ...data, phase: ended.phase }, now)
  }
  const dueAt = (now + retryInMs) as EpochMs
  // A stage of a pipeline goes on along its own order and asks no manager.
  const reportingChain = task.previousAgentId === undefined ? escalation : undefined
  if (reportingChain !== undefined) ended.delegators = reportingChain
  ended.status = 'submitted'
  const change = makeReady(ended, now, dueAt, rankOf, 'retrying')
  const events = [taskEvent('task.retrying', change.task, now, { ...data, retryInMs })]
  if (reportingChain !== undefined && reportingChain.length > 0 && task.lease !== undefined) {
    // Without its token: the assignment ended with the event before.
    const { agentId, attempt: failed } = holder(task)
    events.push(taskEvent('task.escalated', change.task, now, { agentId, attempt: failed, reportingChain }))
  }
  return { ...change, events }
}

/** The agent says the task should never have been asked for. */
export function rejectTask(task: TaskRecord, failure: TaskFailure, now: EpochMs): TaskChange {
  const ended = endAttempt(task, 'rejected', now, failure)
  ended.failure = failure
  ended.status = 'rejected'
  ended.phase = 'done'
  return finish(ended, 'task.rejected', { ...holderIfAny(task), failure }, now)
}

/**
 * Back to the queue at once, with its attempt given back: the agent or the swarm took the assignment back, or the agent
 * never received it.
 */
export function releaseTask(
  task: TaskRecord,
  outcome: 'released' | 'revoked' | 'undelivered',
  reason: string,
  now: EpochMs,
  rankOf: RankOf,
): TaskChange {
  const ended = endAttempt(task, outcome, now, { code: outcome, message: reason })
  ended.attempt = task.attempt - 1
  if (outcome === 'undelivered') ended.undeliveredCount = (task.undeliveredCount ?? 0) + 1
  ended.status = 'submitted'
  const change = makeReady(ended, now, now, rankOf)
  return {
    ...change,
    events: [taskEvent('task.released', change.task, now, { ...holderIfAny(task), outcome, reason })],
  }
}

export function cancelTask(task: TaskRecord, reason: string, now: EpochMs): TaskChange {
  const failure = { code: 'canceled', message: reason }
  const ended = endAttempt(task, 'canceled', now, failure)
  ended.failure = failure
  ended.status = 'canceled'
  ended.phase = 'done'
  return finish(ended, 'task.canceled', { ...holderIfAny(task), reason }, now)
}

/** Fails the task for good, whatever it was doing: its deadline passed, or something it depends on failed. */
export function failTask(task: TaskRecord, failure: TaskFailure, now: EpochMs): TaskChange {
  const ended = endAttempt(task, 'expired', now, failure)
  ended.failure = failure
  ended.status = 'failed'
  ended.phase = 'done'
  return finish(ended, 'task.failed', { ...holderIfAny(task), failure, phase: 'done' }, now)
}

/** The entry under which a ready task stands in the ready queue; undefined where it is not ready. */
export function readyEntryOf(task: TaskRecord, rankOf: RankOf): ReadyEntry | undefined {
  if (!isWaiting(task.phase) || task.readyAt === undefined) return undefined
  const { readyCount, readyAt, spec } = task
  const rank = rankOf(task.createdAt, spec.priority)
  const { priority, deadlineAt, affinityKey } = spec
  const entry = {
    readyCount,
    rank,
    readyAt,
    ...(task.phase === 'queued' ? {} : { dueAt: readyAt }),
    priority,
    ...(deadlineAt === undefined ? {} : { deadlineAt }),
    ...(affinityKey === undefined ? {} : { affinityKey }),
    ...admissionFactsOf(task),
  }
  if (task.previousAgentId !== undefined) return { ...entry, previousAgentId: task.previousAgentId }
  if (task.delegators === undefined) return entry
  return { ...entry, delegators: task.delegators, failedAgentIds: failedAt(task) }
}

/** What decides whether the task may start. Most tasks have only the first four. */
export function admissionFactsOf({ taskId, spec, rootTaskId }: TaskRecord): AdmissionFacts {
  const { type, capabilities, resources, fairnessKey, fairnessWeight, cost } = spec
  return {
    taskId,
    type,
    capabilities,
    resources,
    ...(fairnessKey === undefined ? {} : { fairnessKey }),
    ...(fairnessWeight === undefined ? {} : { fairnessWeight }),
    ...(cost === undefined ? {} : { cost }),
    ...(rootTaskId === undefined ? {} : { rootTaskId }),
  }
}

function failedAt({ attempts }: TaskRecord): readonly AgentId[] {
  return attempts.flatMap(({ outcome, agentId }) =>
    outcome === 'failed' || outcome === 'expired' ? [agentId] : [],
  )
}

/** In the ready queue, now or when it falls due. */
export function isWaiting(phase: TaskPhase): boolean {
  return phase === 'queued' || phase === 'delayed' || phase === 'retrying'
}

function makeReady(
  task: TaskRecord,
  now: EpochMs,
  earliest: EpochMs,
  rankOf: RankOf,
  phaseWhileWaiting: TaskPhase = 'delayed',
): TaskChange {
  // A task without a delay is not compared with the time of its creation, which another machine may have read. A
  // delay is over once the task was assigned.
  const { delayMs } = task.spec
  const isDelayed = delayMs > 0 && task.assignmentCount === 0
  const dueAt = (isDelayed ? Math.max(earliest, task.createdAt + delayMs) : earliest) as EpochMs
  const phase = dueAt > now ? phaseWhileWaiting : 'queued'
  const waiting = draftOf(task)
  waiting.phase = phase
  waiting.readyCount = task.readyCount + 1
  waiting.readyAt = dueAt
  const entry = readyEntryOf(waiting, rankOf)
  return { task: waiting, events: [], ready: entry === undefined ? [] : [entry] }
}

function finish<N extends keyof TaskEvents>(
  task: TaskDraft,
  type: N,
  data: Omit<DataOf<N>, 'taskType'>,
  now: EpochMs,
): TaskChange {
  task.finishedAt = now
  return { task, events: [taskEvent(type, task, now, data)], ready: [] }
}

/** A copy without its lease, where it has one, and with the attempt that this ends. */
function endAttempt(
  task: TaskRecord,
  outcome: TaskAttempt['outcome'],
  now: EpochMs,
  failure?: TaskFailure,
): TaskDraft {
  const next = draftOf(task)
  const { lease } = task
  if (lease === undefined) return next
  const ended: TaskAttempt = {
    attempt: task.attempt,
    agentId: lease.agentId,
    fencingToken: lease.fencingToken,
    assignedAt: task.assignedAt ?? now,
    endedAt: now,
    outcome,
    ...(failure === undefined ? {} : { failure }),
  }
  next.lease = undefined
  next.attempts = [...task.attempts, ended].slice(-ATTEMPTS_KEPT_MAX)
  return next
}
