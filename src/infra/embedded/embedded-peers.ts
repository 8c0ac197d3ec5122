import { SwarmError } from '#domain/model/errors.ts'
import type { NodeId } from '#domain/model/ids.ts'
import type { Peers } from '#domain/ports/peers.ts'

/** Where nobody answers, asking again soon would not help; this is what callers are told to wait. */
const RETRY_AFTER_MS = 1_000

/** The other nodes of a node that is alone: there are none, so that what is sent to them goes nowhere. */
export class EmbeddedPeers implements Peers {
  readonly nodeId: NodeId
  readonly isAlone = true

  constructor(nodeId: NodeId) {
    this.nodeId = nodeId
  }

  async start(): Promise<void> {}

  present(): ReadonlySet<NodeId> {
    return new Set([this.nodeId])
  }

  async call(): Promise<unknown> {
    throw new SwarmError('coordinator_unavailable', { retryAfterMs: RETRY_AFTER_MS })
  }

  notify(): void {}

  notifyAll(): void {}

  announceAppended(): void {}

  watch(): void {}

  unwatch(): void {}

  async stop(): Promise<void> {}
}
