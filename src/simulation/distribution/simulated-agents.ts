import type { AgentPool } from '#domain/distribution/distribution-strategy.ts'
import { type AgentId, agentId } from '#domain/model/ids.ts'
import type { Candidate } from '#domain/resources/candidate.ts'
import type { WorkloadTask } from './workload.ts'

export interface AgentShape {
  readonly speed: number
  readonly slots: number
  readonly warmKeysMax?: number
}

interface State extends AgentShape {
  readonly agentId: AgentId
  activeTasks: number
  /** The set-ups that it has loaded, the least recently used first. */
  readonly warmKeys: Set<string>
}

/** Agents that are a speed and a number of slots. */
export class SimulatedAgents implements AgentPool {
  readonly #states = new Map<AgentId, State>()

  constructor(agents: readonly AgentShape[]) {
    for (const [index, agent] of agents.entries()) {
      const id = agentId(`agent-${String(index).padStart(4, '0')}`)
      this.#states.set(id, { ...agent, agentId: id, activeTasks: 0, warmKeys: new Set() })
    }
  }

  get freeSlots(): number {
    let free = 0
    for (const { slots, activeTasks } of this.#states.values()) free += slots - activeTasks
    return free
  }

  membersFor(): readonly Candidate[] {
    return [...this.#states.values()].map(asCandidate)
  }

  isInService(): boolean {
    return true
  }

  withRoom(): readonly Candidate[] {
    return this.membersFor().filter(({ freeSlots }) => freeSlots > 0)
  }

  candidate(agent: AgentId): Candidate | undefined {
    const candidate = asCandidate(this.#state(agent))
    return candidate.freeSlots > 0 ? candidate : undefined
  }

  /** @returns how long the agent sets itself up and how long it then works, in milliseconds */
  start(agent: AgentId, { workMs, setupKey, setupMs = 0 }: WorkloadTask): { setupMs: number; runMs: number } {
    const state = this.#state(agent)
    state.activeTasks += 1
    const runMs = workMs / state.speed
    if (setupKey === undefined) return { setupMs: 0, runMs }
    const isWarm = state.warmKeys.delete(setupKey)
    state.warmKeys.add(setupKey)
    for (const oldest of state.warmKeys) {
      if (state.warmKeys.size <= (state.warmKeysMax ?? 1)) break
      state.warmKeys.delete(oldest)
    }
    return { setupMs: isWarm ? 0 : setupMs, runMs }
  }

  end(agent: AgentId): void {
    this.#state(agent).activeTasks -= 1
  }

  #state(agent: AgentId): State {
    const state = this.#states.get(agent)
    if (state === undefined) throw new Error(`no agent ${agent} in the simulation`)
    return state
  }
}

function asCandidate({ agentId, slots, activeTasks }: State): Candidate {
  return { agentId, capabilities: [], slots, activeTasks, freeSlots: slots - activeTasks, freeResources: {} }
}
