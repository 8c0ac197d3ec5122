import { type SwarmJournal, unchanged } from '../kernel/swarm-journal.ts'
import { eventDraft } from '../model/events.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { AgentRegistry } from './agent-registry.ts'
import type { AgentState } from './agent-state.ts'

export interface AgentBreakersModules {
  readonly journal: SwarmJournal
  readonly registry: AgentRegistry
  readonly clock: Clock
  readonly logger: Logger
}

/** Tells the log when an agent's circuit breaker opens or closes, and looks at the agent again when a trial is due. */
export class AgentBreakers {
  readonly #modules: AgentBreakersModules
  readonly #cancelTimers = new Map<AgentState, () => void>()

  constructor(modules: AgentBreakersModules) {
    this.#modules = modules
  }

  changed(agent: AgentState, isOpen: boolean): void {
    const { journal, registry, clock, logger } = this.#modules
    const cooldownMs = agent.breaker.remainingMs(clock.monotonic())
    this.#cancelTimers.get(agent)?.()
    if (isOpen)
      this.#cancelTimers.set(
        agent,
        clock.setTimer(cooldownMs, () => registry.refresh(agent)),
      )
    const { agentId } = agent
    const event = isOpen
      ? eventDraft('agent.breaker_opened', agentId, clock.now(), { cooldownMs })
      : eventDraft('agent.breaker_closed', agentId, clock.now(), {})
    journal
      .transact([], () => ({ ...unchanged(null), events: [event] }))
      .catch((error: unknown) => logger.warn({ error, agentId: agent.agentId }, 'breaker change not logged'))
  }

  stop(): void {
    for (const cancel of this.#cancelTimers.values()) cancel()
    this.#cancelTimers.clear()
  }
}
