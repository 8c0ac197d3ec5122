import type { AgentId, TaskId } from '../../model/ids.ts'
import type { ReadyEntry } from '../../ports/ready-queue.ts'
import type { WorkEstimator } from '../work-estimator.ts'
import { TaskDeque } from './task-deque.ts'

interface Place {
  readonly entry: ReadyEntry
  readonly deque: TaskDeque
}

/** The deques of all agents that have tasks waiting. A task is in one of them at most. */
export class TaskDeques {
  readonly #estimator: WorkEstimator
  readonly #deques = new Map<AgentId, TaskDeque>()
  readonly #places = new Map<TaskId, Place>()

  constructor(estimator: WorkEstimator) {
    this.#estimator = estimator
  }

  /** Those that are not empty. */
  get all(): Iterable<TaskDeque> {
    return this.#deques.values()
  }

  of(agentId: AgentId): TaskDeque | undefined {
    return this.#deques.get(agentId)
  }

  /** The agent in whose deque the task is. */
  ownerOf(taskId: TaskId): AgentId | undefined {
    return this.#places.get(taskId)?.deque.agentId
  }

  push(agentId: AgentId, entry: ReadyEntry): void {
    this.delete(entry.taskId)
    const deque = this.#deques.get(agentId) ?? new TaskDeque(agentId)
    this.#deques.set(agentId, deque)
    deque.push(entry)
    this.#places.set(entry.taskId, { entry, deque })
  }

  delete(taskId: TaskId): void {
    const place = this.#places.get(taskId)
    if (place === undefined) return
    this.#places.delete(taskId)
    place.deque.delete(place.entry)
    if (place.deque.size === 0) this.#deques.delete(place.deque.agentId)
  }

  /** Empties the deque of the agent. @returns what was in it */
  takeAll(agentId: AgentId): readonly ReadyEntry[] {
    const entries = [...(this.#deques.get(agentId)?.entries() ?? [])]
    for (const { taskId } of entries) this.delete(taskId)
    return entries
  }

  /** Estimated work that waits in the deque, in milliseconds; a task without an estimate counts 1. */
  workMs(deque: TaskDeque): number {
    let sum = 0
    for (const { entries } of deque.lanes) {
      const [first] = entries
      // Tasks of one lane are of one kind nearly always; an exact sum would have to be kept up with each outcome.
      if (first !== undefined) sum += entries.length * (this.#estimator.workMs(first) ?? 1)
    }
    return sum
  }
}
