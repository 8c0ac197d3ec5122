import { SwarmError } from '#domain/errors.ts'
import type { NodeId, Scope } from '#domain/ids.ts'
import type { PeerCall, PeerHandlers, PeerNotice, Peers } from '#domain/ports/peers.ts'

/** Where nobody answers, asking again soon would not help; this is what callers are told to wait. */
const RETRY_AFTER_MS = 1_000

/** The other nodes of a node that is alone: there are none, so that what is sent to them goes nowhere. */
export class LonelyPeers implements Peers {
  readonly nodeId: NodeId

  constructor(nodeId: NodeId) {
    this.nodeId = nodeId
  }

  async start(_handlers: PeerHandlers): Promise<void> {}

  async call(_peer: NodeId, _call: PeerCall): Promise<unknown> {
    throw new SwarmError('coordinator_unavailable', { retryAfterMs: RETRY_AFTER_MS })
  }

  notify(_peer: NodeId, _notice: PeerNotice): void {}

  announceAppended(_scope: Scope, _lastSequence: number): void {}

  watch(_scope: Scope): void {}

  unwatch(_scope: Scope): void {}

  async stop(): Promise<void> {}
}
