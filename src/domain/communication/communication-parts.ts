import type { AgentRegistry } from '../orchestration/agent-registry.ts'
import type { Coordinatorship, SwarmModules } from '../orchestration/coordinatorship.ts'
import type { SwarmJournal } from '../orchestration/swarm-journal.ts'
import { BroadcastChannel } from './broadcast-channel.ts'
import type { DirectChannel } from './direct-channel.ts'
import { Inbox, type InboxOptions } from './inbox.ts'
import { MessageBus } from './message-bus.ts'
import { MessageMeter } from './message-meter.ts'
import { TopicSubscriptions, type TopicSubscriptionsOptions } from './topic-subscriptions.ts'
import { TopologyKeeper } from './topology-keeper.ts'

export interface CommunicationBase extends SwarmModules {
  readonly journal: SwarmJournal
  readonly registry: AgentRegistry
  readonly channel: DirectChannel
}

export type CommunicationParts = ReturnType<typeof createCommunicationParts>

/** Builds what lets the agents of one swarm talk to each other. */
export function createCommunicationParts(
  { scope, record }: Coordinatorship,
  options: InboxOptions & TopicSubscriptionsOptions,
  base: CommunicationBase,
) {
  const topology = new TopologyKeeper(record.topology, base)
  const subscriptions = new TopicSubscriptions(options)
  const inbox = new Inbox(options, base)
  const meter = new MessageMeter()
  const broadcast = new BroadcastChannel(scope, base)
  const messages = new MessageBus({
    ...base,
    direct: base.channel,
    broadcast,
    subscriptions,
    inbox,
    routes: topology,
    meter,
  })
  return { topology, subscriptions, inbox, meter, messages }
}
