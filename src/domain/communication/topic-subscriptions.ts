import { SwarmError } from '../model/errors.ts'
import type { AgentId } from '../model/ids.ts'

export interface TopicSubscriptionsOptions {
  readonly topicsPerAgentMax: number
}

/** Who listens to which topic. An agent says so anew after each attach. */
export class TopicSubscriptions {
  readonly #options: TopicSubscriptionsOptions
  readonly #byTopic = new Map<string, Set<AgentId>>()
  readonly #byAgent = new Map<AgentId, ReadonlySet<string>>()

  constructor(options: TopicSubscriptionsOptions) {
    this.#options = options
  }

  /** In place of what the agent listened to before. @throws SwarmError `limit_exceeded` */
  set(agentId: AgentId, topics: readonly string[]): void {
    const wanted = new Set(topics)
    const limit = this.#options.topicsPerAgentMax
    if (wanted.size > limit) {
      throw new SwarmError('limit_exceeded', { limitName: 'topicsPerAgentMax', limit, actual: wanted.size })
    }
    this.delete(agentId)
    if (wanted.size > 0) this.#byAgent.set(agentId, wanted)
    for (const topic of wanted) {
      const listeners = this.#byTopic.get(topic)
      if (listeners === undefined) this.#byTopic.set(topic, new Set([agentId]))
      else listeners.add(agentId)
    }
  }

  delete(agentId: AgentId): void {
    for (const topic of this.#byAgent.get(agentId) ?? []) {
      const listeners = this.#byTopic.get(topic)
      listeners?.delete(agentId)
      if (listeners?.size === 0) this.#byTopic.delete(topic)
    }
    this.#byAgent.delete(agentId)
  }

  listenersOf(topic: string): Iterable<AgentId> {
    return this.#byTopic.get(topic) ?? []
  }
}
