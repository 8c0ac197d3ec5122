import type { DurableState } from '../../kernel/durable-projection.ts'
import type { SwarmEvent } from '../../model/events.ts'
import { attemptNews } from '../attempt-log.ts'
import { AgentTrails, type AgentTrailsSettings, type AgentTrailsState } from './agent-trails.ts'

/** The trails from task types to agents, out of the event log; kept over takeovers. */
export class AgentTrailsKeeper implements DurableState {
  readonly name = 'agent_trails'
  readonly format = 1
  readonly #settings: () => AgentTrailsSettings | undefined
  #trails: AgentTrails

  /** @param settings read at each use; undefined while the swarm has another strategy, and nothing is learned */
  constructor(settings: () => AgentTrailsSettings | undefined) {
    this.#settings = settings
    this.#trails = new AgentTrails(settings)
  }

  get trails(): AgentTrails {
    return this.#trails
  }

  read(event: SwarmEvent): void {
    if (this.#settings() === undefined || !event.type.startsWith('task.')) return
    const news = attemptNews(event)
    if (news?.type !== 'ended') return
    const { kind, agentId, hasSucceeded } = news.attempt
    this.#trails.record({ type: kind, agentId, hasSucceeded })
  }

  snapshot(): readonly unknown[] {
    return this.#trails.state
  }

  restore(chunks: readonly unknown[], format: number): void {
    if (format !== this.format) throw new Error(`unknown format ${format} of agent trails`)
    this.#trails = new AgentTrails(this.#settings, chunks as AgentTrailsState)
  }

  clear(): void {
    this.#trails = new AgentTrails(this.#settings)
  }
}
