import type { Projection } from '../kernel/projection.ts'
import { type SwarmJournal, unchanged } from '../kernel/swarm-journal.ts'
import { DECISION_RECORDS } from '../model/decision-record.ts'
import type { SwarmEvent } from '../model/events.ts'
import type { EpochMs, MonotonicMs, TaskId } from '../model/ids.ts'
import type { RecordKind } from '../model/record-kind.ts'
import { PAYLOAD_RECORDS, RESULT_RECORDS, TASK_RECORDS } from '../model/task-kinds.ts'
import { isTerminal, type TaskRecord } from '../model/task-record.ts'
import type { Clock } from '../ports/clock.ts'
import { type RecordWrite, remove } from '../ports/records.ts'
import type { SwarmStore } from '../ports/swarm-store.ts'
import type { OpenTasks } from './open-tasks.ts'
import { taskKey } from './task-writer.ts'

export interface FinishedTasksOptions {
  /** How long a finished task can be read, in milliseconds. */
  readonly taskRetentionMs: number
  /** How many finished tasks can be read; the oldest leave first. */
  readonly finishedTasksMax: number
}

export interface FinishedTasksModules {
  readonly journal: SwarmJournal
  readonly store: SwarmStore
  readonly openTasks: OpenTasks
  readonly clock: Clock
}

const STEP = 200
/** A task that was open when its neighbours were removed is found by the next look from the beginning. */
const LOOK_FROM_BEGINNING_EVERY_MS = 600_000
/** The count goes by events, and one that is missed stays missed until then. */
const RECOUNT_EVERY_MS = 3_600_000
/** What goes with a task. */
const KINDS: readonly RecordKind[] = [TASK_RECORDS, PAYLOAD_RECORDS, RESULT_RECORDS, DECISION_RECORDS]

/**
 * Removes finished tasks as fast as they become too old or too many.
 *
 * Task ids sort by the time of their creation, so the oldest come first: each sweep goes on where the last one stopped
 * and ends at the first page of tasks that are all too young. It looks at no task twice, save at those that were open.
 */
export class FinishedTasks implements Projection {
  readonly name = 'finished_tasks'
  readonly #options: FinishedTasksOptions
  readonly #modules: FinishedTasksModules
  #cursor: TaskId | undefined
  #beganAt: MonotonicMs
  /** All tasks that the store has; undefined before they were counted. */
  #taskCount: number | undefined
  #countedAt: MonotonicMs
  #isStopped = false

  constructor(options: FinishedTasksOptions, modules: FinishedTasksModules) {
    this.#options = options
    this.#modules = modules
    this.#beganAt = modules.clock.monotonic()
    this.#countedAt = this.#beganAt
  }

  stop(): void {
    this.#isStopped = true
  }

  async sweep(): Promise<void> {
    const { clock, store, journal } = this.#modules
    await this.#count()
    const now = clock.monotonic()
    if (now - this.#beganAt >= LOOK_FROM_BEGINNING_EVERY_MS) this.#lookFromBeginning()
    const finishedBefore = (clock.now() - this.#options.taskRetentionMs) as EpochMs
    while (!this.#isStopped) {
      const from = this.#cursor === undefined ? {} : { after: this.#cursor }
      const page = await store.list({ scope: journal.scope, kind: TASK_RECORDS, countMax: STEP, ...from })
      const tasks = page.map(({ value }) => value)
      let tooMany = this.#finishedCount - this.#options.finishedTasksMax
      const leaving = tasks.filter((task) => {
        if (!this.#isForgettable(task)) return false
        tooMany -= 1
        return tooMany >= 0 || isFinishedBefore(task, finishedBefore)
      })
      if (leaving.length > 0) await this.#remove(leaving)
      const last = tasks.at(-1)
      if (last === undefined || page.length < STEP) {
        this.#lookFromBeginning()
        return
      }
      const areAllYoung = tasks.every(({ createdAt }) => createdAt >= finishedBefore)
      if (areAllYoung && this.#finishedCount <= this.#options.finishedTasksMax) return
      this.#cursor = last.taskId
    }
  }

  get #finishedCount(): number {
    return (this.#taskCount ?? 0) - this.#modules.openTasks.size
  }

  #lookFromBeginning(): void {
    this.#cursor = undefined
    this.#beganAt = this.#modules.clock.monotonic()
  }

  async #count(): Promise<void> {
    const { store, journal, clock } = this.#modules
    const now = clock.monotonic()
    if (this.#taskCount !== undefined && now - this.#countedAt < RECOUNT_EVERY_MS) return
    this.#countedAt = now
    // Those that come while the store counts may be counted twice, until the next time.
    this.#taskCount = 0
    this.#taskCount += await store.count(journal.scope, TASK_RECORDS)
  }

  /** Counts the tasks that come. */
  read(events: readonly SwarmEvent[]): void {
    if (this.#taskCount === undefined) return
    for (const { type } of events) if (type === 'task.submitted') this.#taskCount += 1
  }

  async #remove(tasks: readonly TaskRecord[]): Promise<void> {
    const { journal } = this.#modules
    const keys = tasks.map(({ taskId }) => taskKey(taskId))
    const removedCount = await journal.inBulk().transact(keys, (stored) => {
      // Asked again: a task may have been submitted since that refers to one of these.
      const leaving = stored.flatMap((record) =>
        record !== undefined && this.#isForgettable(record.value) ? record.value.taskId : [],
      )
      const writes = leaving.flatMap((id): readonly RecordWrite[] => KINDS.map((kind) => remove(kind, id)))
      return { ...unchanged(leaving.length), writes }
    })
    this.#taskCount = (this.#taskCount ?? 0) - removedCount
  }

  #isForgettable({ taskId, status }: TaskRecord): boolean {
    return isTerminal(status) && !this.#modules.openTasks.isReferredTo(taskId)
  }
}

function isFinishedBefore({ finishedAt }: TaskRecord, before: EpochMs): boolean {
  return finishedAt !== undefined && finishedAt < before
}
