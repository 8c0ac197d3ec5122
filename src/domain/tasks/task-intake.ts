import type { Reminders } from '../kernel/reminders.ts'
import { type SwarmJournal, unchanged } from '../kernel/swarm-journal.ts'
import { isSwarmError, SwarmError } from '../model/errors.ts'
import { IDEMPOTENCY_RECORDS, type IdempotencyRecord } from '../model/idempotency-record.ts'
import type { EpochMs, TaskId } from '../model/ids.ts'
import { PAYLOAD_RECORDS } from '../model/task-kinds.ts'
import { isTerminal, referencesOf, type TaskRecord } from '../model/task-record.ts'
import type { Clock } from '../ports/clock.ts'
import { put, type RecordKey, type RecordWrite, type StoredRecord } from '../ports/records.ts'
import type { Step } from '../ports/swarm-store.ts'
import type { ReportingLines } from '../topology/reporting-lines.ts'
import type { OpenTasks } from './open-tasks.ts'
import { newTask, type RankOf, type TaskChange } from './task-machine.ts'
import type { NewTask, RetryRequest, SubmitReply, SubmitRequest } from './task-service.ts'
import { putTask, taskKey } from './task-writer.ts'

export interface TaskIntakeOptions {
  readonly rankOf: RankOf
  openTasksMax(): number
}

export interface TaskIntakeModules {
  readonly journal: SwarmJournal
  readonly openTasks: OpenTasks
  readonly reportingLines: ReportingLines
  readonly reminders: Reminders
  readonly clock: Clock
  /** Called for each task that was accepted. */
  onAccepted(task: TaskRecord): void
  /** Called for a task whose dependencies have all been seen to finish. */
  onUnblocked(taskId: TaskId): void
}

type StoredTask = StoredRecord<TaskRecord> | undefined

type Written = { readonly accepted: readonly TaskRecord[] } | { readonly replayOf: readonly TaskId[] }

/** Pause before looking what became of a submit that the store did not answer, in milliseconds. */
const LOOK_AGAIN_MS = 1_000

/** Takes tasks in: all of a request or none, once per Idempotency-Key, within the swarm's limits. */
export class TaskIntake {
  readonly #options: TaskIntakeOptions
  readonly #modules: TaskIntakeModules
  readonly #keysInFlight = new Set<string>()

  constructor(options: TaskIntakeOptions, modules: TaskIntakeModules) {
    this.#options = options
    this.#modules = modules
  }

  async submit(request: SubmitRequest): Promise<SubmitReply> {
    const key = request.idempotency?.key
    if (key !== undefined && this.#keysInFlight.has(key)) {
      throw new SwarmError('idempotency_in_flight', { idempotencyKey: key })
    }
    if (key !== undefined) this.#keysInFlight.add(key)
    try {
      return await this.#submitOnce(request)
    } finally {
      if (key !== undefined) this.#keysInFlight.delete(key)
    }
  }

  async retry({ taskId, newTaskId }: RetryRequest): Promise<TaskRecord> {
    const { journal } = this.#modules
    const [finished, payload] = await journal.transact(
      [taskKey(taskId), { kind: PAYLOAD_RECORDS, id: taskId }] as const,
      ([task, text]) => unchanged([task?.value, text?.value] as const),
    )
    if (finished === undefined || payload === undefined) throw new SwarmError('task_not_found', { taskId })
    if (!isTerminal(finished.status))
      throw new SwarmError('task_not_finished', { taskId, status: finished.status })
    // A deadline that has passed and a delay that was waited for belong to the first try.
    const { deadlineAt: _, parentTaskId: __, inputFrom: ___, ...spec } = finished.spec
    const task = { taskId: newTaskId, spec: { ...spec, delayMs: 0, dependsOn: [] }, payload }
    const reply = await this.#submitOnce({ tasks: [task] }, taskId)
    const [record] = reply.tasks
    if (record === undefined) throw new Error('a submit answers with its tasks')
    return record
  }

  async #submitOnce(request: SubmitRequest, retryOf?: TaskId): Promise<SubmitReply> {
    this.#refuseTooMany(request.tasks.length)
    // Watched from before the write, so that no dependency can finish unseen between the two.
    const watched = request.tasks.filter((task) => this.#watch(task, retryOf)).map(({ taskId }) => taskId)
    try {
      const written = await this.#write(request, retryOf)
      if ('accepted' in written) {
        for (const task of written.accepted) this.#accept(task)
        return { tasks: written.accepted, isReplay: false }
      }
      this.#unwatch(watched)
      const tasks = await this.#load(written.replayOf)
      const gone = written.replayOf.find((id) => !tasks.some(({ taskId }) => taskId === id))
      // The key is remembered longer than a task that was done long ago.
      if (gone !== undefined) throw new SwarmError('task_not_found', { taskId: gone })
      return { tasks, isReplay: true }
    } catch (error) {
      if (isSwarmError(error, 'store_unavailable')) this.#lookAgain(watched)
      else this.#unwatch(watched)
      throw error
    }
  }

  #watch({ taskId, spec }: NewTask, retryOf: TaskId | undefined): boolean {
    const { openTasks } = this.#modules
    if (openTasks.has(taskId)) return false
    const { parentTaskId, dependsOn: waitingFor } = spec
    const refersTo = referencesOf({ spec, retryOf })
    openTasks.add({ taskId, parentTaskId, waitingFor, refersTo })
    return true
  }

  #unwatch(taskIds: readonly TaskId[]): void {
    for (const taskId of taskIds) this.#modules.openTasks.delete(taskId)
  }

  #accept(task: TaskRecord): void {
    const { openTasks, onAccepted, onUnblocked } = this.#modules
    openTasks.update(task)
    onAccepted(task)
    // What it depends on may have finished before the write or beside it: look once more.
    if (task.phase === 'blocked') onUnblocked(task.taskId)
  }

  /** The store failed on a submit that may have been written all the same: find out once it answers again. */
  #lookAgain(taskIds: readonly TaskId[]): void {
    this.#modules.reminders.set(LOOK_AGAIN_MS, () => {
      this.#load(taskIds).then(
        (found) => {
          const accepted = new Set(found.map(({ taskId }) => taskId))
          this.#unwatch(taskIds.filter((taskId) => !accepted.has(taskId)))
          // What is finished by now is no longer among the open tasks.
          for (const task of found) if (!isTerminal(task.status)) this.#accept(task)
        },
        (error: unknown) => {
          if (isSwarmError(error, 'store_unavailable')) this.#lookAgain(taskIds)
        },
      )
    })
  }

  async #load(taskIds: readonly TaskId[]): Promise<readonly TaskRecord[]> {
    return this.#modules.journal.transact(taskIds.map(taskKey), (stored) =>
      unchanged(stored.flatMap((record) => (record === undefined ? [] : [record.value]))),
    )
  }

  #write(request: SubmitRequest, retryOf: TaskId | undefined): Promise<Written> {
    const { journal, clock } = this.#modules
    const { tasks, idempotency } = request
    const related = [...tasks.map(({ taskId }) => taskId), ...tasks.flatMap(({ spec }) => relatives(spec))]
    const keys = [...new Set(related)].map(taskKey)
    if (idempotency === undefined) {
      return journal.transact(keys, (stored) => this.#decide(request, retryOf, stored, clock.now()))
    }
    const { key, fingerprint } = idempotency
    const allKeys: readonly RecordKey[] = [{ kind: IDEMPOTENCY_RECORDS, id: key }, ...keys]
    return journal.transact(allKeys, ([remembered, ...stored]) => {
      const earlier = (remembered as StoredRecord<IdempotencyRecord> | undefined)?.value
      if (earlier !== undefined) {
        if (earlier.fingerprint !== fingerprint)
          throw new SwarmError('idempotency_key_reused', { idempotencyKey: key })
        return unchanged<Written>({ replayOf: earlier.taskIds })
      }
      const now = clock.now()
      const step = this.#decide(request, retryOf, stored as readonly StoredTask[], now)
      const memo = { fingerprint, taskIds: tasks.map(({ taskId }) => taskId), createdAt: now }
      return { ...step, writes: [...step.writes, put(IDEMPOTENCY_RECORDS, key, memo)] }
    })
  }

  #decide(
    { tasks }: SubmitRequest,
    retryOf: TaskId | undefined,
    stored: readonly StoredTask[],
    now: EpochMs,
  ): Step<Written> {
    // The same call again, after its first answer was lost on the way from the coordinating node.
    if (stored[0]?.value.taskId === tasks[0]?.taskId)
      return unchanged({ replayOf: tasks.map(({ taskId }) => taskId) })
    const known = new Map(
      stored.flatMap((record) => (record === undefined ? [] : [[record.value.taskId, record.value]])),
    )
    const changes = tasks.map((task) => {
      const change = this.#create(task, retryOf, known, now)
      // Those after it in the same request may depend on it.
      known.set(task.taskId, change.task)
      return change
    })
    const writes: RecordWrite[] = changes.map(({ task }) => putTask(task))
    for (const { taskId, payload } of tasks) writes.push(put(PAYLOAD_RECORDS, taskId, payload))
    return {
      writes,
      events: changes.flatMap(({ events }) => events),
      ready: changes.flatMap(({ ready }) => ready),
      result: { accepted: changes.map(({ task }) => task) },
    }
  }

  #create(
    { taskId, spec }: NewTask,
    retryOf: TaskId | undefined,
    known: ReadonlyMap<TaskId, TaskRecord>,
    now: EpochMs,
  ): TaskChange {
    for (const dependency of spec.dependsOn) {
      if (!known.has(dependency)) throw new SwarmError('dependency_not_found', { taskId: dependency })
    }
    const parent = spec.parentTaskId === undefined ? undefined : known.get(spec.parentTaskId)
    if (spec.parentTaskId !== undefined && (parent === undefined || isTerminal(parent.status))) {
      throw new SwarmError('parent_not_open', { taskId: spec.parentTaskId })
    }
    if (spec.deadlineAt !== undefined && spec.deadlineAt <= now) {
      throw new SwarmError('deadline_passed', { deadlineAt: spec.deadlineAt })
    }
    const isBlocked = spec.dependsOn.some((dependency) => known.get(dependency)?.status !== 'completed')
    const rootTaskId = parent && (parent.rootTaskId ?? parent.taskId)
    // Whoever holds the parent splits it, whoever submits the part.
    const delegators = parent?.lease && this.#modules.reportingLines.delegatorsFrom(parent.lease.agentId)
    return newTask(
      { taskId, spec, isBlocked, delegators, rootTaskId, ...(retryOf === undefined ? {} : { retryOf }) },
      now,
      this.#options.rankOf,
    )
  }

  #refuseTooMany(count: number): void {
    const limit = this.#options.openTasksMax()
    const actual = this.#modules.openTasks.size + count
    if (actual > limit) throw new SwarmError('limit_exceeded', { limitName: 'openTasksMax', limit, actual })
  }
}

function relatives({ dependsOn, parentTaskId }: NewTask['spec']): readonly TaskId[] {
  return parentTaskId === undefined ? dependsOn : [...dependsOn, parentTaskId]
}
