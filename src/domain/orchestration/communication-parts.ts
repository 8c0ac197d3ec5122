import type { AgentRegistry } from '../agents/agent-registry.ts'
import { BroadcastChannel } from '../communication/broadcast-channel.ts'
import type { DirectChannel } from '../communication/direct-channel.ts'
import { Inbox, type InboxOptions } from '../communication/inbox.ts'
import { InboxDelivery } from '../communication/inbox-delivery.ts'
import { MessageBus } from '../communication/message-bus.ts'
import { MessageMeter } from '../communication/message-meter.ts'
import { TopicSubscriptions, type TopicSubscriptionsOptions } from '../communication/topic-subscriptions.ts'
import type { Coordinatorship } from '../kernel/coordinatorship.ts'
import type { Reminders } from '../kernel/reminders.ts'
import type { SwarmJournal } from '../kernel/swarm-journal.ts'
import type { TopologyKeeper } from '../topology/topology-keeper.ts'
import { DepartedAgents } from './departed-agents.ts'
import type { SwarmModules } from './swarm-modules.ts'

export interface CommunicationBase extends SwarmModules {
  readonly journal: SwarmJournal
  readonly registry: AgentRegistry
  readonly channel: DirectChannel
  readonly topology: TopologyKeeper
  readonly reminders: Reminders
}

export type CommunicationParts = ReturnType<typeof createCommunicationParts>

/** Builds what lets the agents of one swarm talk to each other. */
export function createCommunicationParts(
  coordinatorship: Coordinatorship,
  options: InboxOptions & TopicSubscriptionsOptions,
  base: CommunicationBase,
) {
  const { registry, channel, topology } = base
  const subscriptions = new TopicSubscriptions(options)
  const inbox = new Inbox(options, base)
  const delivery = new InboxDelivery({
    ...base,
    inbox,
    hasConnection: (agentId) => registry.find(agentId)?.session !== undefined,
    deliver: (agentId, message) => {
      const session = registry.find(agentId)?.session
      return session !== undefined && channel.send(session, message)
    },
  })
  const meter = new MessageMeter()
  const broadcast = new BroadcastChannel(coordinatorship, base)
  const messages = new MessageBus({
    ...base,
    broadcast,
    subscriptions,
    inbox,
    delivery,
    routes: topology,
    meter,
  })
  const departed = new DepartedAgents({ ...base, subscriptions, inbox, delivery })
  return { subscriptions, inbox, delivery, meter, messages, departed }
}
