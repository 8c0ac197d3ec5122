import type { Reminders } from '../kernel/reminders.ts'
import { type SwarmJournal, unchanged } from '../kernel/swarm-journal.ts'
import { isSwarmError, SwarmError } from '../model/errors.ts'
import { IDEMPOTENCY_RECORDS, type IdempotencyRecord } from '../model/idempotency-record.ts'
import type { EpochMs, TaskId } from '../model/ids.ts'
import { PAYLOAD_RECORDS } from '../model/task-kinds.ts'
import { isTerminal, referencesOf, type TaskRecord } from '../model/task-record.ts'
import { utf8Length } from '../model/utf8-length.ts'
import type { Clock } from '../ports/clock.ts'
import { put, type RecordKey, type RecordWrite, type StoredRecord } from '../ports/records.ts'
import type { RecordsOf, Step } from '../ports/swarm-store.ts'
import type { ReportingLines } from '../topology/reporting-lines.ts'
import type { ImmediateStart, StartingTasks } from './immediate-start.ts'
import type { OpenTasks } from './open-tasks.ts'
import type { WrittenAssignment } from './task-assigner.ts'
import { newTask, type RankOf, type TaskChange } from './task-machine.ts'
import type { NewTask, SubmitReply, SubmitRequest } from './task-service.ts'
import { putTask, taskKey } from './task-writer.ts'

export interface TaskIntakeOptions {
  readonly rankOf: RankOf
  openTasksMax(): number
}

export interface TaskIntakeModules {
  readonly journal: SwarmJournal
  /** The same for steps that may wait. */
  readonly bulkJournal: SwarmJournal
  readonly openTasks: OpenTasks
  readonly reportingLines: ReportingLines
  readonly reminders: Reminders
  readonly clock: Clock
  readonly immediate: ImmediateStart
  /** Called for each task that was accepted. */
  onAccepted(task: TaskRecord): void
  /** Called for a task that a step has assigned whose answer was lost. */
  onUntold(task: TaskRecord): void
  /** Called for a task whose step did not happen, though the store could not say so. */
  onNeverWritten(taskId: TaskId): void
  /** Called for a task whose dependencies have all been seen to finish. */
  onUnblocked(taskId: TaskId): void
}

type StoredTask = StoredRecord<TaskRecord> | undefined

interface Accepted {
  readonly accepted: readonly TaskRecord[]
  /** Those of them that are assigned already. */
  readonly assigned: readonly WrittenAssignment[]
}
type Written = Accepted | { readonly replayOf: readonly TaskId[] }

/** What the step that accepts tasks rests on. */
interface SubmitFacts {
  readonly starting: StartingTasks
  /** The tasks of the request, and those that they refer to. */
  readonly stored: readonly StoredTask[]
  /** What the assignments of the step rest on. */
  readonly reads: readonly (StoredRecord | undefined)[]
  readonly now: EpochMs
}

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

  /** Submits one task in a step with other changes; none where `decide` leaves the submission out. */
  async submitBeside<const Keys extends readonly RecordKey[], T extends { readonly task?: TaskRecord }>(
    { taskId, spec, payload, scheduleId }: NewTask & { readonly scheduleId?: string },
    keys: Keys,
    decide: (records: RecordsOf<Keys>, submission: Step<TaskRecord>) => Step<T>,
  ): Promise<T> {
    const { journal, clock } = this.#modules
    this.#refuseTooMany(1)
    const watched = this.#watch({ taskId, spec, payload }) ? [taskId] : []
    try {
      const result = await journal.transact(keys, (records) => {
        const facts = { taskId, spec, isBlocked: false, ...(scheduleId === undefined ? {} : { scheduleId }) }
        const { task, events, ready } = newTask(facts, clock.now(), this.#options.rankOf)
        const writes = [putTask(task), put(PAYLOAD_RECORDS, taskId, payload)]
        return decide(records, { writes, events, ready, result: task })
      })
      if (result.task === undefined) this.#unwatch(watched)
      else this.#accept(result.task)
      return result
    } catch (error) {
      if (isSwarmError(error, 'store_unavailable')) this.#lookAgain(watched)
      else this.#unwatch(watched)
      throw error
    }
  }

  async #submitOnce(request: SubmitRequest): Promise<SubmitReply> {
    this.#refuseTooMany(request.tasks.length)
    // Watched from before the write, so that no dependency can finish unseen between the two.
    const watched = request.tasks.filter((task) => this.#watch(task)).map(({ taskId }) => taskId)
    try {
      const written = await this.#writeAndStart(request)
      if ('accepted' in written) return { tasks: written.accepted, isReplay: false }
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

  async #writeAndStart(request: SubmitRequest): Promise<Written> {
    const starting = this.#modules.immediate.plan(request.tasks)
    let written: Written
    try {
      written = await this.#write(request, starting)
    } catch (error) {
      starting.end(isSwarmError(error, 'store_unavailable') ? undefined : [])
      throw error
    }
    if ('accepted' in written) for (const task of written.accepted) this.#accept(task)
    starting.end('accepted' in written ? written.assigned : [])
    return written
  }

  #watch({ taskId, spec, retryOf }: NewTask): boolean {
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
          const missing = taskIds.filter((taskId) => !accepted.has(taskId))
          this.#unwatch(missing)
          for (const taskId of missing) this.#modules.onNeverWritten(taskId)
          // What is finished by now is no longer among the open tasks.
          for (const task of found) {
            if (isTerminal(task.status)) continue
            this.#accept(task)
            this.#modules.onUntold(task)
          }
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

  #write(request: SubmitRequest, starting: StartingTasks): Promise<Written> {
    const { clock } = this.#modules
    // A herd of submits waits for others; what is assigned in the same step is for an agent that has nothing to do.
    const journal = starting.areAny ? this.#modules.journal : this.#modules.bulkJournal
    const { tasks, idempotency } = request
    const own = tasks.map(({ taskId }) => ({ ...taskKey(taskId), isNew: true }))
    const ids = new Set(tasks.map(({ taskId }) => taskId))
    const others = new Set(tasks.flatMap(referencesOf).filter((taskId) => !ids.has(taskId)))
    const taskKeys = [...own, ...[...others].map(taskKey)]
    const memoKeys =
      idempotency === undefined ? [] : [{ kind: IDEMPOTENCY_RECORDS, id: idempotency.key, isNew: true }]
    const keys: readonly RecordKey[] = [...taskKeys, ...memoKeys, ...starting.keys]
    return journal.transact(keys, (records) => {
      const stored = records.slice(0, taskKeys.length) as readonly StoredTask[]
      const reads = records.slice(taskKeys.length + memoKeys.length)
      const now = clock.now()
      const decide = (): Step<Written> => this.#decide(request, { starting, stored, reads, now })
      if (idempotency === undefined) return decide()
      const { key, fingerprint } = idempotency
      const memo = records[taskKeys.length] as StoredRecord<IdempotencyRecord> | undefined
      if (memo !== undefined) {
        if (memo.value.fingerprint !== fingerprint)
          throw new SwarmError('idempotency_key_reused', { idempotencyKey: key })
        return unchanged<Written>({ replayOf: memo.value.taskIds })
      }
      const step = decide()
      const taskIds = tasks.map(({ taskId }) => taskId)
      const writes = [...step.writes, put(IDEMPOTENCY_RECORDS, key, { fingerprint, taskIds, createdAt: now })]
      return { ...step, writes }
    })
  }

  #decide({ tasks }: SubmitRequest, { starting, stored, reads, now }: SubmitFacts): Step<Written> {
    // The same call again, after its first answer was lost on the way from the coordinating node.
    if (stored[0]?.value.taskId === tasks[0]?.taskId)
      return unchanged({ replayOf: tasks.map(({ taskId }) => taskId) })
    const known = new Map(
      stored.flatMap((record) => (record === undefined ? [] : [[record.value.taskId, record.value]])),
    )
    const started = tasks.map((task) => {
      const change = this.#create(task, known, now)
      // Those after it in the same request may depend on it.
      known.set(task.taskId, change.task)
      return starting.start(change, task.payload, reads, now)
    })
    const writes: RecordWrite[] = started.flatMap(({ change, writes: more = [] }) => [
      putTask(change.task),
      ...more,
    ])
    for (const { taskId, payload, retryOf } of tasks) {
      writes.push(put(PAYLOAD_RECORDS, taskId, payload))
      if (retryOf !== undefined) writes.push(putTask({ ...recordOf(known, retryOf), retriedAs: taskId }))
    }
    return {
      writes,
      events: started.flatMap(({ change }) => change.events),
      ready: started.flatMap(({ change }) => change.ready),
      result: {
        accepted: started.map(({ change }) => change.task),
        assigned: started.flatMap(({ result }) => result ?? []),
      },
    }
  }

  #create(
    { taskId, spec, payload, retryOf, previousAgentId }: NewTask,
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
    // One whose payload is a result waits in any case: the step that unblocks it reads the result.
    const isBlocked =
      spec.inputFrom !== undefined ||
      spec.dependsOn.some((dependency) => known.get(dependency)?.status !== 'completed')
    const rootTaskId = parent && (parent.rootTaskId ?? parent.taskId)
    // Whoever holds the parent splits it, whoever submits the part.
    const delegators = parent?.lease && this.#modules.reportingLines.delegatorsFrom(parent.lease.agentId)
    return newTask(
      {
        taskId,
        spec,
        isBlocked,
        delegators,
        rootTaskId,
        retryOf,
        previousAgentId,
        payloadBytes: utf8Length(payload),
      },
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

/** @throws SwarmError `task_not_found` */
function recordOf(known: ReadonlyMap<TaskId, TaskRecord>, taskId: TaskId): TaskRecord {
  const record = known.get(taskId)
  if (record === undefined) throw new SwarmError('task_not_found', { taskId })
  return record
}
