import type { ImmediatePlanner } from '../distribution/immediate-planner.ts'
import type { EpochMs, JsonText, TaskId } from '../model/ids.ts'
import { PAYLOAD_RECORDS } from '../model/task-kinds.ts'
import type { Clock } from '../ports/clock.ts'
import type { ReadyEntry } from '../ports/ready-queue.ts'
import type { RecordKey, StoredRecord } from '../ports/records.ts'
import type { AdmissionControl } from '../resources/admission/admission-control.ts'
import type { PendingAssignment, TaskAssigner, WrittenAssignment } from './task-assigner.ts'
import { newTask, type RankOf, type TaskChange } from './task-machine.ts'
import type { NewTask } from './task-service.ts'
import type { Decided } from './task-transitions.ts'

export interface ImmediateStartModules {
  readonly planner: ImmediatePlanner
  readonly assigner: TaskAssigner
  readonly admission: AdmissionControl
  readonly clock: Clock
  readonly rankOf: RankOf
}

/** The assignments that the step of one submit may write. To be ended whatever becomes of the step. */
export class StartingTasks {
  readonly #modules: Pick<ImmediateStartModules, 'assigner' | 'planner'>
  readonly #pending: ReadonlyMap<TaskId, PendingAssignment>
  readonly #arrived: () => void
  /** What the step has to read for them, beside the tasks. */
  readonly keys: readonly RecordKey[]

  /** @param arrived to be called when all of them are written, or none is */
  constructor(
    pending: ReadonlyMap<TaskId, PendingAssignment>,
    arrived: () => void,
    modules: Pick<ImmediateStartModules, 'assigner' | 'planner'>,
  ) {
    this.#pending = pending
    this.#arrived = arrived
    this.#modules = modules
    // The payload comes with the request. Only a submit of one task may be charged to budgets.
    this.keys = [...pending.values()].flatMap((each) => modules.assigner.keysOf(each).slice(1))
  }

  /** Whether any task may be assigned. */
  get areAny(): boolean {
    return this.#pending.size > 0
  }

  /**
   * @param change the task as it would wait
   * @param reads as of {@link keys}
   * @returns the task as its step writes it, waiting or assigned already
   */
  start(
    change: TaskChange,
    payload: JsonText,
    reads: readonly (StoredRecord | undefined)[],
    now: EpochMs,
  ): Decided<WrittenAssignment> {
    const pending = this.#pending.get(change.task.taskId)
    const mayStart = pending !== undefined && change.ready.some(({ dueAt }) => dueAt === undefined)
    const stored = { key: { kind: PAYLOAD_RECORDS, id: change.task.taskId }, version: 1, value: payload }
    const decided = mayStart
      ? this.#modules.assigner.decide(pending, change.task, [stored, ...reads], now)
      : undefined
    if (decided === undefined) return { change }
    const events = [...change.events, ...decided.change.events]
    return { ...decided, change: { ...decided.change, events } }
  }

  /** @param written what the step has assigned; undefined where nobody knows what became of it */
  end(written: readonly WrittenAssignment[] | undefined): void {
    const { assigner, planner } = this.#modules
    if (written === undefined && this.areAny) planner.pause()
    const byTask = new Map(written?.map((assigned) => [assigned.task.taskId, assigned]))
    for (const [taskId, pending] of this.#pending) {
      const assigned = byTask.get(taskId)
      if (assigned === undefined) planner.dropped(pending.planned)
      assigner.settle(pending, assigned ?? (written && { isWritten: false }))
    }
    this.#arrived()
  }
}

/** Plans which tasks of a submit are assigned by the very step that accepts them. */
export class ImmediateStart {
  readonly #modules: ImmediateStartModules

  constructor(modules: ImmediateStartModules) {
    this.#modules = modules
  }

  /** Sets room aside for those that can start at once. */
  plan(tasks: readonly NewTask[]): StartingTasks {
    const { planner, assigner, admission } = this.#modules
    const entries = tasks.flatMap((task) => this.#entryOf(task))
    // Several tasks of one step would charge the same budgets and rates, each without knowing of the others.
    const plannable = tasks.length === 1 ? entries : entries.filter((entry) => admission.laneOf(entry) === '')
    const pending = new Map<TaskId, PendingAssignment>()
    for (const planned of planner.planNew(plannable)) {
      const reserved = assigner.reserve(planned)
      if (typeof reserved !== 'string') pending.set(planned.entry.taskId, reserved)
    }
    const arrived = planner.expect(entries.filter(({ taskId }) => !pending.has(taskId)))
    return new StartingTasks(pending, arrived, this.#modules)
  }

  /** Its place among the ready tasks, if it can be known before the records are read that it refers to. */
  #entryOf({ taskId, spec }: NewTask): readonly ReadyEntry[] {
    const { clock, rankOf } = this.#modules
    // The record of its parent says where in the tree it begins, and what it is charged to.
    if (spec.dependsOn.length > 0 || spec.delayMs > 0 || spec.parentTaskId !== undefined) return []
    return newTask({ taskId, spec, isBlocked: false }, clock.now(), rankOf).ready
  }
}
