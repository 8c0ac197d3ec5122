import { RecentMap } from '../tally.ts'

const TASKS_MAX = 20_000

/** How many tasks each agent holds, from what the log says of assignments and ends. */
export class AgentLoads {
  /** A task that is dropped here because there are too many counts as ended. */
  readonly #holders = new RecentMap<string>(TASKS_MAX, (agentId) => this.#release(agentId))
  readonly #loads = new Map<string, number>()
  readonly #gone = new Set<string>()

  /** @returns the loads before the assignment: of the agent, and the mean of all others that are known */
  assign(taskId: string, agentId: string): { ownLoad: number; othersLoad: number } {
    this.end(taskId)
    if (this.#gone.size > 0) this.#gone.delete(agentId)
    const ownLoad = this.#loads.get(agentId) ?? 0
    this.#loads.set(agentId, ownLoad + 1)
    const others = this.#loads.size - 1
    const othersLoad = others === 0 ? 0 : (this.#holders.size - ownLoad) / others
    this.#holders.set(taskId, agentId)
    return { ownLoad, othersLoad }
  }

  /** @returns whether the task was held */
  end(taskId: string): boolean {
    const agentId = this.#holders.get(taskId)
    if (agentId === undefined) return false
    this.#holders.delete(taskId)
    this.#release(agentId)
    return true
  }

  /** An agent that is gone no longer counts among the others once its tasks have ended. */
  leave(agentId: string): void {
    if (!this.#loads.has(agentId)) return
    this.#gone.add(agentId)
    this.#dropIdle(agentId)
  }

  #release(agentId: string): void {
    this.#loads.set(agentId, (this.#loads.get(agentId) ?? 1) - 1)
    if (this.#gone.size > 0) this.#dropIdle(agentId)
  }

  #dropIdle(agentId: string): void {
    if (!this.#gone.has(agentId) || (this.#loads.get(agentId) ?? 0) > 0) return
    this.#gone.delete(agentId)
    this.#loads.delete(agentId)
  }
}
