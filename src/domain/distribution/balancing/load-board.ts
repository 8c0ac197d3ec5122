import type { AgentId } from '../../model/ids.ts'

interface Entry {
  readonly reportedTasks: number
  /** Tasks given to the agent since the report. */
  givenTasks: number
}

/**
 * Loads of agents that are heard of only now and then. Each task that is given between two reports counts at once: without
 * that, all tasks until the next report would go to the agent that looked idle in the last one (Mitzenmacher, "How
 * useful is old information?", 2000).
 */
export class LoadBoard {
  readonly #entries = new Map<AgentId, Entry>()

  /** @param tasks that the agent has, those that it was given since it wrote the report left out */
  report(agentId: AgentId, tasks: number): void {
    this.#entries.set(agentId, { reportedTasks: tasks, givenTasks: 0 })
  }

  given(agentId: AgentId): void {
    const entry = this.#entries.get(agentId)
    if (entry === undefined) this.#entries.set(agentId, { reportedTasks: 0, givenTasks: 1 })
    else entry.givenTasks += 1
  }

  tasksOf(agentId: AgentId): number {
    const { reportedTasks = 0, givenTasks = 0 } = this.#entries.get(agentId) ?? {}
    return reportedTasks + givenTasks
  }

  delete(agentId: AgentId): void {
    this.#entries.delete(agentId)
  }
}
