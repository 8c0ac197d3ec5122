import { controlId } from '../../model/control-record.ts'
import type { TaskId } from '../../model/ids.ts'
import type { AdmissionFacts, AdmissionGate, Hold } from './admission-gate.ts'
import { type Controls, targetsOf } from './controls.ts'

/**
 * Holds a task while as many of its kind are under way as a control allows. Counted by open leases, those that are being
 * written included, so that a restart or takeover finds the same count in the records.
 */
export class ConcurrencyGate implements AdmissionGate {
  readonly #controls: Controls
  readonly #idsByTask = new Map<TaskId, readonly string[]>()
  readonly #counts = new Map<string, number>()

  constructor({ controls }: { readonly controls: Controls }) {
    this.#controls = controls
  }

  holdOf(task: AdmissionFacts): Hold | undefined {
    for (const { id, control } of this.#controls.of(task)) {
      const { concurrencyMax: limit } = control
      const runningCount = this.#counts.get(id) ?? 0
      if (limit !== undefined && runningCount >= limit)
        return { code: 'concurrency_limit', target: id, limit, runningCount }
    }
    return undefined
  }

  /** Counts for every target that a limit could be set for: it may be set while the task is under way. */
  start(task: AdmissionFacts): void {
    const ids = targetsOf(task).map(controlId)
    this.#idsByTask.set(task.taskId, ids)
    for (const id of ids) this.#counts.set(id, (this.#counts.get(id) ?? 0) + 1)
  }

  cancel(taskId: TaskId): void {
    this.end(taskId)
  }

  end(taskId: TaskId): void {
    for (const id of this.#idsByTask.get(taskId) ?? []) {
      const count = (this.#counts.get(id) ?? 0) - 1
      if (count <= 0) this.#counts.delete(id)
      else this.#counts.set(id, count)
    }
    this.#idsByTask.delete(taskId)
  }
}
