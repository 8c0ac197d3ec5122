import type { Coordinatorship } from '../kernel/coordinatorship.ts'
import type { NodeId, Scope, SessionId, SwarmEpoch } from '../model/ids.ts'
import type { PeerNotice, Peers } from '../ports/peers.ts'
import type { AgentDelivery } from './agent-delivery.ts'
import { deliverOrNote, type SessionAddress } from './direct-channel.ts'
import type { AgentSessions } from './ports/agent-sessions.ts'

export const BROADCAST_TOPIC = 'broadcast'

interface BroadcastBody {
  readonly sessionIds: readonly SessionId[]
  readonly delivery: AgentDelivery
}

export interface BroadcastChannelModules {
  readonly sessions: AgentSessions
  readonly peers: Peers
}

/**
 * Carries one message to many agents. Every connection gets the same object, so that its frame is built once; to
 * another node it goes once, whatever the number of agents there.
 */
export class BroadcastChannel {
  readonly #scope: Scope
  readonly #epoch: SwarmEpoch
  readonly #modules: BroadcastChannelModules

  constructor({ scope, epoch }: Pick<Coordinatorship, 'scope' | 'epoch'>, modules: BroadcastChannelModules) {
    this.#scope = scope
    this.#epoch = epoch
    this.#modules = modules
  }

  /** @returns how many connections were written to, those on other nodes counted as written. */
  send(addresses: Iterable<SessionAddress>, delivery: AgentDelivery): number {
    const { sessions, peers } = this.#modules
    const elsewhere = new Map<NodeId, SessionId[]>()
    let count = 0
    for (const { nodeId, sessionId } of addresses) {
      if (nodeId === peers.nodeId) {
        if (deliverOrNote(sessions, sessionId, delivery)) count += 1
        continue
      }
      const there = elsewhere.get(nodeId)
      if (there === undefined) elsewhere.set(nodeId, [sessionId])
      else there.push(sessionId)
      count += 1
    }
    for (const [nodeId, sessionIds] of elsewhere) {
      const body: BroadcastBody = { sessionIds, delivery }
      peers.notify(nodeId, { scope: this.#scope, epoch: this.#epoch, topic: BROADCAST_TOPIC, body })
    }
    return count
  }
}

/** The receiving end: hands another node's message to the connections on this node. */
export function deliverBroadcast(notice: PeerNotice, sessions: AgentSessions): void {
  const { sessionIds, delivery } = notice.body as BroadcastBody
  for (const sessionId of sessionIds) deliverOrNote(sessions, sessionId, delivery)
}
