import type { AgentId, TaskId } from '../../model/ids.ts'
import type { TaskOutcome } from '../work-estimator.ts'

/** Agents that are remembered; the one that was heard of least recently is forgotten. */
const AGENTS_MAX = 10_000
/** Weight of a new outcome. */
const WEIGHT = 0.1
/** An agent that always breaks its word bids ten times its price. */
const REPUTATION_MIN = 0.1

interface Award {
  readonly agentId: AgentId
  readonly promisedMs: number
}

/**
 * What the bids of agents are worth: 1 for agents that finish when they promised or earlier, less for those that take
 * longer (promised / actual), fail or give back. Bids are divided by it.
 */
export class Reputation {
  readonly #values = new Map<AgentId, number>()
  readonly #promises = new Map<TaskId, Award>()

  of(agentId: AgentId): number {
    return this.#values.get(agentId) ?? 1
  }

  /** The agent won the task with this promise; without a promise only failures count. */
  promised(taskId: TaskId, agentId: AgentId, promisedMs: number | undefined): void {
    this.#promises.set(taskId, { agentId, promisedMs: promisedMs ?? Number.POSITIVE_INFINITY })
  }

  observe({ taskId, agentId, isCompleted, runMs }: TaskOutcome): void {
    const promise = this.#promises.get(taskId)
    if (promise?.agentId !== agentId) return
    this.#promises.delete(taskId)
    const kept = isCompleted ? Math.min(1, promise.promisedMs / Math.max(1, runMs)) : 0
    const before = this.of(agentId)
    this.#values.delete(agentId)
    this.#values.set(agentId, Math.max(REPUTATION_MIN, before + WEIGHT * (kept - before)))
    if (this.#values.size <= AGENTS_MAX) return
    for (const oldest of this.#values.keys()) {
      this.#values.delete(oldest)
      return
    }
  }
}
