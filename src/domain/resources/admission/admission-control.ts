import type { Reminders } from '../../kernel/reminders.ts'
import type { EpochMs, FencingToken, TaskId } from '../../model/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import type { AdmissionFacts, AdmissionGate, Hold } from './admission-gate.ts'
import type { FairShares } from './fair-shares.ts'

export interface AdmissionControlModules {
  readonly clock: Clock
  readonly reminders: Reminders
  /** In the order in which their holds are named. */
  readonly gates: readonly AdmissionGate[]
  readonly shares: FairShares
  /** A hold that ends by itself has ended. */
  onOpen(): void
  /** What is set for tasks like this one. */
  targetsOf(task: AdmissionFacts): readonly string[]
}

export interface AdmissionDraft {
  admits(task: AdmissionFacts): boolean
  close(): void
}

/** The token of an assignment that is being written. */
const PENDING = Symbol('pending')

/**
 * What may start now, and why not what may not: one list of gates answers the scheduler, the step that assigns and the
 * question "why does this task not run?".
 *
 * A task is counted from the moment at which its assignment is planned to the end of its lease. Where the store did not
 * say whether an assignment was written, the task stays counted until that is known.
 */
export class AdmissionControl {
  readonly #modules: AdmissionControlModules
  #cancelRetry: () => void = () => undefined
  #retryAt = Infinity
  readonly #counted = new Map<TaskId, FencingToken | typeof PENDING>()
  /** What is counted. */
  readonly #facts = new Map<TaskId, AdmissionFacts>()

  constructor(modules: AdmissionControlModules) {
    this.#modules = modules
  }

  /** Undefined where the task may start now, as far as it does not depend on agents. */
  holdOf(task: AdmissionFacts): Hold | undefined {
    if (this.#counted.has(task.taskId)) return undefined
    const now = this.#now()
    for (const gate of this.#modules.gates) {
      const hold = gate.holdOf(task, now)
      if (hold !== undefined) return hold
    }
    return undefined
  }

  /** One for each gate that holds the task. */
  holdsOf(task: AdmissionFacts): readonly Hold[] {
    const now = this.#now()
    return this.#modules.gates.flatMap((gate) => gate.holdOf(task, now) ?? [])
  }

  /** Equal for tasks that the same controls and budgets apply to; empty where there are none. */
  laneOf(task: AdmissionFacts): string {
    return this.#modules.targetsOf(task).join(' ')
  }

  /** Whether a task that is counted holds anything of a control: others may be able to start when it ends. */
  isLimited(taskId: TaskId): boolean {
    const task = this.#facts.get(taskId)
    return task !== undefined && this.laneOf(task) !== ''
  }

  /**
   * Tries which tasks may start together: each that it admits counts for those after it. To be closed in the same turn,
   * when nothing of it is counted any more.
   */
  draft(): AdmissionDraft {
    const { gates } = this.#modules
    const drafted: TaskId[] = []
    return {
      admits: (task) => {
        const hold = this.holdOf(task)
        if (hold?.code === 'rate_limit') this.#retryIn(hold.retryInMs)
        if (hold !== undefined) return false
        if (this.#counted.has(task.taskId)) return true
        const now = this.#now()
        for (const gate of gates) gate.start(task, now)
        drafted.push(task.taskId)
        return true
      },
      close: () => {
        const now = this.#now()
        for (const taskId of drafted) for (const gate of gates) gate.cancel(taskId, now)
      },
    }
  }

  /** An assignment of the task is being made. @returns false where it is counted already */
  start(task: AdmissionFacts): boolean {
    const isCounted = this.#counted.has(task.taskId)
    // Also where an earlier lease is still counted: its end, heard late, must not end the count of this assignment.
    this.#counted.set(task.taskId, PENDING)
    this.#facts.set(task.taskId, task)
    if (isCounted) return false
    const { gates, shares } = this.#modules
    const now = this.#now()
    for (const gate of gates) gate.start(task, now)
    shares.start(task)
    return true
  }

  /** The lease of the task is in the store. */
  assigned(taskId: TaskId, token: FencingToken): void {
    if (!this.#counted.has(taskId)) return
    this.#counted.set(taskId, token)
    for (const gate of this.#modules.gates) gate.assigned?.(taskId)
  }

  /** A lease found after a restart or takeover. */
  adopt(task: AdmissionFacts, token: FencingToken): void {
    this.start(task)
    this.assigned(task.taskId, token)
  }

  /** The assignment that was being made came to nothing, which is certain. */
  cancel(taskId: TaskId): void {
    if (this.#counted.get(taskId) !== PENDING) return
    this.#counted.delete(taskId)
    this.#facts.delete(taskId)
    const { gates, shares } = this.#modules
    const now = this.#now()
    for (const gate of gates) gate.cancel(taskId, now)
    shares.cancel(taskId)
  }

  /** A lease of the task has ended. Another lease, or an assignment that is being made, stays counted. @returns false where it was not counted */
  end(taskId: TaskId, token: FencingToken): boolean {
    return this.#counted.get(taskId) === token && this.forget(taskId)
  }

  /** The task is finished. @returns false where it was not counted */
  forget(taskId: TaskId): boolean {
    if (!this.#counted.delete(taskId)) return false
    this.#facts.delete(taskId)
    for (const gate of this.#modules.gates) gate.end(taskId)
    this.#modules.shares.end(taskId)
    return true
  }

  /** A rate limit opens with time alone. */
  #retryIn(delayMs: number): void {
    const { clock, reminders, onOpen } = this.#modules
    const at = clock.monotonic() + delayMs
    if (at >= this.#retryAt) return
    this.#cancelRetry()
    this.#retryAt = at
    this.#cancelRetry = reminders.set(delayMs, () => {
      this.#retryAt = Infinity
      onOpen()
    })
  }

  #now(): EpochMs {
    return this.#modules.clock.now()
  }
}
