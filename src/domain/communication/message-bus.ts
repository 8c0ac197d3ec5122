import { SwarmError } from '../model/errors.ts'
import type { AgentId, EpochMs } from '../model/ids.ts'
import type { SendReply, SendRequest, SwarmMessage } from '../model/message.ts'
import type { Clock } from '../ports/clock.ts'
import type { MessageRoutes } from '../topology/message-routes.ts'
import type { AgentDelivery } from './agent-delivery.ts'
import type { BroadcastChannel } from './broadcast-channel.ts'
import type { SessionAddress } from './direct-channel.ts'
import type { Inbox } from './inbox.ts'
import type { InboxDelivery } from './inbox-delivery.ts'
import type { MessageMeter } from './message-meter.ts'
import type { TopicSubscriptions } from './topic-subscriptions.ts'

/** The registered agents, as far as messages are concerned. */
export interface AgentDirectory {
  ids(): Iterable<AgentId>
  find(agentId: AgentId): Addressee | undefined
  /** @throws SwarmError `agent_not_found` */
  get(agentId: AgentId): Addressee
}

interface Addressee {
  /** Undefined while the agent has no channel. */
  readonly session: SessionAddress | undefined
}

export interface MessageBusModules {
  readonly registry: AgentDirectory
  readonly broadcast: BroadcastChannel
  readonly subscriptions: TopicSubscriptions
  readonly inbox: Inbox
  readonly delivery: InboxDelivery
  readonly routes: MessageRoutes
  readonly meter: MessageMeter
  readonly clock: Clock
}

interface Receiver {
  readonly agentId: AgentId
  readonly session: SessionAddress
}

/** How long a sender is asked to wait for a receiver that is too slow, in milliseconds. */
const BACKPRESSURE_RETRY_MS = 50

/**
 * Messages between agents. Each is one physical hop through the hub; the topology says whether it may go and which way
 * it counts as having gone. Messages of one sender arrive in the order they were sent; those that are not durable are
 * delivered at most once, durable ones at least once. An agent that leaves many durable messages unacknowledged gets
 * the others later, and what is not durable does not wait for them.
 */
export class MessageBus {
  readonly #modules: MessageBusModules
  /** Senders whose durable message is being written: what they send next waits behind it. */
  readonly #queues = new Map<AgentId, Promise<unknown>>()

  constructor(modules: MessageBusModules) {
    this.#modules = modules
  }

  /**
   * @throws SwarmError `agent_not_found`, `recipient_unavailable`, `no_route`, `backpressure`, `limit_exceeded`,
   * `idempotency_key_reused`
   */
  send(request: SendRequest): Promise<SendReply> {
    const { from } = request
    const before = from === undefined ? undefined : this.#queues.get(from)
    if (before === undefined && !request.isDurable) return this.#sendNow(request)
    const sent = (before ?? Promise.resolve()).then(() => this.#sendNow(request))
    if (from !== undefined) this.#queueBehind(from, sent)
    return sent
  }

  async #sendNow(request: SendRequest): Promise<SendReply> {
    const { to } = request
    if (to.kind !== 'agent') return this.#sendToMany(request)
    return request.isDurable ? this.#store(request, to.agentId) : this.#sendToOne(request, to.agentId)
  }

  async #store(request: SendRequest, to: AgentId): Promise<SendReply> {
    const { registry, inbox, delivery, routes, meter } = this.#modules
    const { from, messageId } = request
    registry.get(to)
    const path = from === undefined ? [to] : routes.routeOrWait(from, to)
    const record = await inbox.keep(to, this.#compose(request, path))
    // One that was there already is on its way already.
    const deliveredTo = record !== undefined && delivery.offer(record) ? 1 : 0
    // To an agent that is away there is no path yet.
    if (record !== undefined && from !== undefined && path.at(-1) === to) routes.carried(path)
    meter.sent('direct', path.length - 1, deliveredTo)
    return { messageId, deliveredTo, isStored: true, path }
  }

  #sendToOne(request: SendRequest, to: AgentId): SendReply {
    const { registry, delivery, routes, meter } = this.#modules
    const { from, messageId } = request
    const receiver = registry.get(to)
    const path = from === undefined ? [to] : routes.route(from, to)
    if (receiver.session === undefined) throw new SwarmError('recipient_unavailable', { agentId: to })
    if (!delivery.pass(to, { type: 'message', message: this.#compose(request, path) })) {
      meter.refused('direct')
      throw new SwarmError('backpressure', { agentId: to, retryAfterMs: BACKPRESSURE_RETRY_MS })
    }
    if (from !== undefined) routes.carried(path)
    meter.sent('direct', path.length - 1, 1)
    return { messageId, deliveredTo: 1, isStored: false, path }
  }

  #sendToMany(request: SendRequest): SendReply {
    const { broadcast, delivery, meter } = this.#modules
    const { from, to, messageId } = request
    const path = from === undefined ? [] : [from]
    const receivers = this.#receiversOf(request)
    const message: AgentDelivery = { type: 'message', message: this.#compose(request, path) }
    const addresses: SessionAddress[] = []
    let deliveredTo = 0
    for (const { agentId, session } of receivers) {
      if (!delivery.isHolding(agentId)) addresses.push(session)
      else if (delivery.pass(agentId, message)) deliveredTo += 1
    }
    deliveredTo += broadcast.send(addresses, message)
    // Flooding along the topology's edges costs one hop a receiver.
    meter.sent(to.kind === 'topic' ? `topic:${to.topic}` : 'broadcast', receivers.length, deliveredTo)
    return { messageId, deliveredTo, isStored: false, path }
  }

  /** Those who are here to hear it, the sender left out. */
  #receiversOf({ from, to }: SendRequest): readonly Receiver[] {
    const { registry, routes, subscriptions } = this.#modules
    const kind = to.kind === 'topic' ? 'topic' : 'broadcast'
    const reached = from === undefined ? registry.ids() : routes.reach(kind, from)
    const wanted = to.kind === 'topic' ? subscriptions.listenersOf(to.topic) : reached
    const receivers: Receiver[] = []
    for (const agentId of wanted) {
      if (agentId === from || !routes.isMember(agentId)) continue
      const session = registry.find(agentId)?.session
      if (session !== undefined) receivers.push({ agentId, session })
    }
    return receivers
  }

  #compose(request: SendRequest, path: readonly AgentId[]): SwarmMessage {
    const { messageId, from, to, kind, correlationId, payload, ttlMs, isDurable } = request
    const sentAt = this.#modules.clock.now()
    return {
      messageId,
      from,
      to,
      correlationId,
      kind,
      payload,
      sentAt,
      expiresAt: ttlMs === undefined ? undefined : ((sentAt + ttlMs) as EpochMs),
      isDurable,
      path,
      topologyVersion: this.#modules.routes.version,
    }
  }

  #queueBehind(from: AgentId, sent: Promise<unknown>): void {
    const settled = sent.then(ignore, ignore)
    this.#queues.set(from, settled)
    void settled.then(() => {
      if (this.#queues.get(from) === settled) this.#queues.delete(from)
    })
  }
}

function ignore(): void {
  // Whoever sent the message hears of its failure.
}
