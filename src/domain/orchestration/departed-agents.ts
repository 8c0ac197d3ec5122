import type { AgentRegistry } from '../agents/agent-registry.ts'
import type { Inbox } from '../communication/inbox.ts'
import type { InboxDelivery } from '../communication/inbox-delivery.ts'
import type { TopicSubscriptions } from '../communication/topic-subscriptions.ts'
import type { Projection } from '../kernel/projection.ts'
import type { SwarmEvent } from '../model/events.ts'
import { type AgentId, agentId } from '../model/ids.ts'
import type { Logger } from '../ports/logger.ts'

export interface DepartedAgentsModules {
  readonly registry: AgentRegistry
  readonly subscriptions: TopicSubscriptions
  readonly inbox: Inbox
  readonly delivery: InboxDelivery
  readonly logger: Logger
}

/** Forgets, by reading the log, what agents that were removed listened to and what waited for them. */
export class DepartedAgents implements Projection {
  readonly name = 'departed_agents'
  readonly #modules: DepartedAgentsModules

  constructor(modules: DepartedAgentsModules) {
    this.#modules = modules
  }

  read(events: readonly SwarmEvent[]): void {
    for (const { type, subject } of events) if (type === 'agent.removed') this.#forget(agentId(subject))
  }

  #forget(id: AgentId): void {
    const { registry, subscriptions, inbox, delivery, logger } = this.#modules
    // Registered again in the meantime: what waits is for the newcomer.
    if (registry.find(id)?.record.isLeaving === false) return
    subscriptions.delete(id)
    delivery.forget(id)
    // Retention takes what is left behind.
    inbox.drop(id).catch((error: unknown) => logger.warn({ error, agentId: id }, 'inbox not dropped'))
  }
}
