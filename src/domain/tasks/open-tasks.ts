import type { EpochMs, TaskId } from '../model/ids.ts'
import { phaseAt, type TaskPhase, type TaskRecord } from '../model/task-record.ts'

interface OpenTask {
  /** Undefined until the task was accepted. */
  phase: TaskPhase | undefined
  readyAt: EpochMs | undefined
  readonly parentTaskId: TaskId | undefined
  /** What it depends on and has not been seen to finish. */
  readonly waitingFor: Set<TaskId>
  readonly refersTo: readonly TaskId[]
}

export interface OpenTaskFacts {
  readonly taskId: TaskId
  /** Left out for a task that is not accepted yet. */
  readonly phase?: TaskPhase
  readonly readyAt?: EpochMs | undefined
  readonly parentTaskId?: TaskId | undefined
  readonly waitingFor: readonly TaskId[]
  /** See `referencesOf`. */
  readonly refersTo: readonly TaskId[]
}

/**
 * The swarm's tasks that are not finished, with who waits for whom and who is whose child. It can be rebuilt from the
 * records at any time, and decides nothing by itself: it says which records to look at.
 */
export class OpenTasks {
  readonly #tasks = new Map<TaskId, OpenTask>()
  readonly #dependents = new Map<TaskId, Set<TaskId>>()
  readonly #children = new Map<TaskId, Set<TaskId>>()
  /** How many open tasks refer to a task, which may be finished. */
  readonly #references = new Map<TaskId, number>()
  /** By what their records say. */
  readonly #phaseCounts = new Map<TaskPhase, number>()
  /** Those that wait for their time, or did when their record was written. */
  readonly #timed = new Set<OpenTask>()

  get size(): number {
    return this.#tasks.size
  }

  has(taskId: TaskId): boolean {
    return this.#tasks.has(taskId)
  }

  ids(): readonly TaskId[] {
    return [...this.#tasks.keys()]
  }

  /** How many accepted tasks are in each phase now; see `phaseAt`. */
  phaseCounts(now: EpochMs): Partial<Record<TaskPhase, number>> {
    const counts = new Map(this.#phaseCounts)
    for (const { phase, readyAt } of this.#timed) {
      if (phase === undefined || phaseAt({ phase, readyAt }, now) === phase) continue
      counts.set(phase, (counts.get(phase) ?? 0) - 1)
      counts.set('queued', (counts.get('queued') ?? 0) + 1)
    }
    return Object.fromEntries([...counts].filter(([, count]) => count > 0))
  }

  /** Whether an open task needs the record or the result of this task. */
  isReferredTo(taskId: TaskId): boolean {
    return this.#references.has(taskId)
  }

  add({ taskId, phase, readyAt, parentTaskId, waitingFor, refersTo }: OpenTaskFacts): void {
    this.delete(taskId)
    const task: OpenTask = {
      phase: undefined,
      readyAt: undefined,
      parentTaskId,
      waitingFor: setOf(waitingFor),
      refersTo,
    }
    this.#tasks.set(taskId, task)
    this.#setPhase(task, phase, readyAt)
    for (const reference of refersTo) this.#countReference(reference, 1)
    for (const dependency of waitingFor) addTo(this.#dependents, dependency, taskId)
    if (parentTaskId !== undefined) addTo(this.#children, parentTaskId, taskId)
  }

  /** The task stands as its record says now. */
  update({ taskId, phase, readyAt }: Pick<TaskRecord, 'taskId' | 'phase' | 'readyAt'>): void {
    const task = this.#tasks.get(taskId)
    if (task !== undefined) this.#setPhase(task, phase, readyAt)
  }

  delete(taskId: TaskId): void {
    const task = this.#tasks.get(taskId)
    if (task === undefined) return
    this.#tasks.delete(taskId)
    this.#setPhase(task, undefined, undefined)
    for (const reference of task.refersTo) this.#countReference(reference, -1)
    for (const dependency of task.waitingFor) deleteFrom(this.#dependents, dependency, taskId)
    if (task.parentTaskId !== undefined) deleteFrom(this.#children, task.parentTaskId, taskId)
  }

  childrenOf(taskId: TaskId): readonly TaskId[] {
    return [...(this.#children.get(taskId) ?? [])]
  }

  /** Notes that a dependency finished well. @returns the tasks that now wait for nothing more. */
  dependencyCompleted(dependency: TaskId): readonly TaskId[] {
    const released: TaskId[] = []
    for (const dependent of this.dependentsOf(dependency)) {
      const waitingFor = this.#tasks.get(dependent)?.waitingFor
      waitingFor?.delete(dependency)
      if (waitingFor?.size === 0) released.push(dependent)
    }
    this.#dependents.delete(dependency)
    return released
  }

  /** Notes that some of what one task waits for is completed. @returns true where it now waits for nothing more. */
  dependenciesSeen(taskId: TaskId, completed: readonly TaskId[]): boolean {
    const waitingFor = this.#tasks.get(taskId)?.waitingFor
    if (waitingFor === undefined || waitingFor.size === 0) return false
    for (const dependency of completed) {
      if (waitingFor.delete(dependency)) deleteFrom(this.#dependents, dependency, taskId)
    }
    return waitingFor.size === 0
  }

  dependentsOf(dependency: TaskId): readonly TaskId[] {
    return [...(this.#dependents.get(dependency) ?? [])]
  }

  #countReference(taskId: TaskId, change: 1 | -1): void {
    const count = (this.#references.get(taskId) ?? 0) + change
    if (count === 0) this.#references.delete(taskId)
    else this.#references.set(taskId, count)
  }

  #setPhase(task: OpenTask, phase: TaskPhase | undefined, readyAt: EpochMs | undefined): void {
    if (task.phase !== undefined) this.#count(task.phase, -1)
    if (phase !== undefined) this.#count(phase, 1)
    task.phase = phase
    task.readyAt = readyAt
    if (phase === 'delayed' || phase === 'retrying') this.#timed.add(task)
    else this.#timed.delete(task)
  }

  #count(phase: TaskPhase, change: 1 | -1): void {
    this.#phaseCounts.set(phase, (this.#phaseCounts.get(phase) ?? 0) + change)
  }
}

/** Most tasks wait for nothing, and one set for all of those costs a takeover less. Nothing is ever added to it. */
const NONE = new Set<TaskId>()
const setOf = (ids: readonly TaskId[]): Set<TaskId> => (ids.length === 0 ? NONE : new Set(ids))

function addTo(index: Map<TaskId, Set<TaskId>>, key: TaskId, value: TaskId): void {
  const present = index.get(key)
  if (present === undefined) index.set(key, new Set([value]))
  else present.add(value)
}

function deleteFrom(index: Map<TaskId, Set<TaskId>>, key: TaskId, value: TaskId): void {
  const present = index.get(key)
  present?.delete(value)
  if (present?.size === 0) index.delete(key)
}
