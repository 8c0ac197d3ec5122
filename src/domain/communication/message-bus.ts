import { SwarmError } from '../errors.ts'
import type { AgentId, EpochMs, JsonText } from '../ids.ts'
import type { AgentRegistry } from '../orchestration/agent-registry.ts'
import type { Clock } from '../ports/clock.ts'
import type { BroadcastChannel } from './broadcast-channel.ts'
import type { DirectChannel, SessionAddress } from './direct-channel.ts'
import type { Inbox } from './inbox.ts'
import type { MessageTarget, SwarmMessage } from './message.ts'
import type { MessageMeter } from './message-meter.ts'
import type { TopicSubscriptions } from './topic-subscriptions.ts'

export interface SendRequest {
  readonly messageId: string
  /** Left out by clients. */
  readonly from?: AgentId
  readonly to: MessageTarget
  readonly kind: SwarmMessage['kind']
  readonly correlationId?: string
  readonly payload: JsonText
  readonly ttlMs?: number
  /** Keep it until the receiver acknowledges it. Only to one agent. */
  readonly isDurable: boolean
}

export interface SendReply {
  readonly messageId: string
  /** Connections it was written to. */
  readonly deliveredTo: number
  readonly isStored: boolean
  readonly path: readonly AgentId[]
}

/** Who may talk to whom, and along which path. */
export interface MessageRoutes {
  readonly version: number
  /** @throws SwarmError `no_route` */
  route(from: AgentId, to: AgentId): readonly AgentId[]
  /** Everyone the agent's broadcasts reach. @throws SwarmError `no_route` */
  reach(from: AgentId): Iterable<AgentId>
  isMember(agentId: AgentId): boolean
}

export interface MessageBusModules {
  readonly registry: AgentRegistry
  readonly direct: DirectChannel
  readonly broadcast: BroadcastChannel
  readonly subscriptions: TopicSubscriptions
  readonly inbox: Inbox
  readonly routes: MessageRoutes
  readonly meter: MessageMeter
  readonly clock: Clock
}

/** How long a sender is asked to wait for a receiver that is too slow, in milliseconds. */
const BACKPRESSURE_RETRY_MS = 50

/**
 * Messages between agents. Each is one physical hop through the hub; the topology says whether it may go and which way
 * it counts as having gone. Messages of one sender arrive in the order they were sent; those that are not durable are
 * delivered at most once, durable ones at least once.
 */
export class MessageBus {
  readonly #modules: MessageBusModules
  /** Senders whose durable message is being written: what they send next waits behind it. */
  readonly #queues = new Map<AgentId, Promise<unknown>>()

  constructor(modules: MessageBusModules) {
    this.#modules = modules
  }

  /** @throws SwarmError `agent_not_found`, `recipient_unavailable`, `no_route`, `backpressure`, `limit_exceeded` */
  send(request: SendRequest): Promise<SendReply> {
    const { from } = request
    const before = from === undefined ? undefined : this.#queues.get(from)
    if (before === undefined && !request.isDurable) return this.#sendNow(request)
    const sent = (before ?? Promise.resolve()).then(() => this.#sendNow(request))
    if (from !== undefined) this.#queueBehind(from, sent)
    return sent
  }

  /** Hands an agent that has just attached what waits in its inbox. */
  async deliverInbox(agentId: AgentId, countMax: number): Promise<void> {
    const { inbox, registry, direct } = this.#modules
    for (const message of await inbox.list(agentId, countMax)) {
      const session = registry.find(agentId)?.session
      if (session === undefined || !direct.send(session, { type: 'message', message })) return
    }
  }

  async #sendNow(request: SendRequest): Promise<SendReply> {
    return request.to.kind === 'agent'
      ? this.#sendToOne(request, request.to.agentId)
      : this.#sendToMany(request)
  }

  async #sendToOne(request: SendRequest, to: AgentId): Promise<SendReply> {
    const { registry, direct, inbox, routes, meter } = this.#modules
    const { from, isDurable, messageId } = request
    const receiver = registry.get(to)
    const path = from === undefined ? [to] : routes.route(from, to)
    const message = this.#compose(request, path)
    const isStored = isDurable && (await inbox.keep(to, message))
    const { session } = receiver
    if (session === undefined && !isDurable) throw new SwarmError('recipient_unavailable', { agentId: to })
    const isDelivered = session !== undefined && direct.send(session, { type: 'message', message })
    if (!isDelivered && !isDurable) {
      meter.refused('direct')
      throw new SwarmError('backpressure', { agentId: to, retryAfterMs: BACKPRESSURE_RETRY_MS })
    }
    meter.sent('direct', path.length - 1, isDelivered ? 1 : 0)
    return { messageId, deliveredTo: isDelivered ? 1 : 0, isStored, path }
  }

  #sendToMany(request: SendRequest): SendReply {
    const { broadcast, meter } = this.#modules
    const { from, to, messageId } = request
    const path = from === undefined ? [] : [from]
    const addresses = this.#addressesOf(request)
    const deliveredTo = broadcast.send(addresses, { type: 'message', message: this.#compose(request, path) })
    // Flooding along the topology's edges costs one hop a receiver.
    meter.sent(to.kind === 'topic' ? `topic:${to.topic}` : 'broadcast', addresses.length, deliveredTo)
    return { messageId, deliveredTo, isStored: false, path }
  }

  #addressesOf({ from, to }: SendRequest): readonly SessionAddress[] {
    const { registry, routes, subscriptions } = this.#modules
    const all = from === undefined ? registry.ids() : routes.reach(from)
    const wanted = to.kind === 'topic' ? subscriptions.listenersOf(to.topic) : all
    const addresses: SessionAddress[] = []
    for (const agentId of wanted) {
      if (agentId === from || !routes.isMember(agentId)) continue
      const session = registry.find(agentId)?.session
      if (session !== undefined) addresses.push(session)
    }
    return addresses
  }

  #compose(request: SendRequest, path: readonly AgentId[]): SwarmMessage {
    const { messageId, from, to, kind, correlationId, payload, ttlMs, isDurable } = request
    const sentAt = this.#modules.clock.now()
    return {
      messageId,
      ...(from === undefined ? {} : { from }),
      to,
      ...(correlationId === undefined ? {} : { correlationId }),
      kind,
      payload,
      sentAt,
      ...(ttlMs === undefined ? {} : { expiresAt: (sentAt + ttlMs) as EpochMs }),
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
