import type { Coordinatorship } from '../kernel/coordinatorship.ts'
import { isSwarmError } from '../model/errors.ts'
import type { NodeId, Scope, SessionId, SwarmEpoch } from '../model/ids.ts'
import type { PeerNotice, Peers } from '../ports/peers.ts'
import type { AgentDelivery } from './agent-delivery.ts'
import type { AgentSessions } from './ports/agent-sessions.ts'

/** Where an agent's connection ends: which node, and which of its connections. */
export interface SessionAddress {
  readonly nodeId: NodeId
  readonly sessionId: SessionId
}

export const DELIVERY_TOPIC = 'delivery'

/** A delivery that is known not to have reached the connection's node. */
export interface LostDelivery {
  readonly sessionId: SessionId
  readonly delivery: AgentDelivery
}

type DeliveryBody = LostDelivery

export interface DirectChannelModules {
  readonly sessions: AgentSessions
  readonly peers: Peers
}

/** Carries what the swarm tells one agent to the node that holds its connection, in order. */
export class DirectChannel {
  readonly #scope: Scope
  readonly #epoch: SwarmEpoch
  readonly #sessions: AgentSessions
  readonly #peers: Peers

  constructor(
    { scope, epoch }: Pick<Coordinatorship, 'scope' | 'epoch'>,
    { sessions, peers }: DirectChannelModules,
  ) {
    this.#scope = scope
    this.#epoch = epoch
    this.#sessions = sessions
    this.#peers = peers
  }

  /** @returns false where the connection is known to be gone or too slow; nothing is known of other nodes'. */
  send({ nodeId, sessionId }: SessionAddress, delivery: AgentDelivery): boolean {
    if (nodeId === this.#peers.nodeId) return this.#sessions.deliver(sessionId, delivery)
    const body: DeliveryBody = { sessionId, delivery }
    this.#peers.notify(nodeId, { scope: this.#scope, epoch: this.#epoch, topic: DELIVERY_TOPIC, body })
    return true
  }

  /** As {@link AgentSessions.probe}. A node that does not answer is lost by its presence: it says nothing of the agent. */
  async probe({ nodeId, sessionId }: SessionAddress, withinMs: number): Promise<boolean> {
    if (nodeId === this.#peers.nodeId) return this.#sessions.probe(sessionId, withinMs)
    const argument: ProbeArgument = { sessionId, withinMs }
    try {
      return (await this.#peers.call(nodeId, { scope: this.#scope, method: PROBE_METHOD, argument })) === true
    } catch (error) {
      if (isSwarmError(error)) return true
      throw error
    }
  }
}

/** The call by which a node asks another whether an agent answers over its connection there. */
export const PROBE_METHOD = 'probeSession'

export interface ProbeArgument {
  readonly sessionId: SessionId
  readonly withinMs: number
}

/** What notices that were not received would have told agents. */
export function lostDeliveries(notices: readonly PeerNotice[]): readonly LostDelivery[] {
  return notices.flatMap(({ topic, body }) => (topic === DELIVERY_TOPIC ? [body as DeliveryBody] : []))
}

/** The receiving end: hands another node's delivery to the connection on this node. */
export function deliverNotice(notice: PeerNotice, sessions: AgentSessions): void {
  const { sessionId, delivery } = notice.body as DeliveryBody
  deliverOrNote(sessions, sessionId, delivery)
}

/** A message that a slow connection cannot take, and whose sender will not hear of it: the receiver shall at least know. */
export function deliverOrNote(
  sessions: AgentSessions,
  sessionId: SessionId,
  delivery: AgentDelivery,
): boolean {
  if (sessions.deliver(sessionId, delivery)) return true
  if (delivery.type === 'message') sessions.deliver(sessionId, { type: 'gap', missedCount: 1 })
  return false
}
