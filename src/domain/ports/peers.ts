import type { NodeId, Scope, SwarmEpoch } from '../model/ids.ts'

/** One call to another node. `argument` and the answer are plain JSON data. */
export interface PeerCall {
  readonly scope: Scope
  readonly method: string
  readonly argument: unknown
}

/**
 * One message to another node that wants no answer. Messages between two nodes arrive in order, and within 2 s or not
 * at all. One that does not arrive is reported to its sender, or its receiver is told that some may be missing.
 */
export interface PeerNotice {
  readonly scope: Scope
  /** The coordinatorship that sends it: what an ended one sent is void where a later one has been heard. */
  readonly epoch: SwarmEpoch
  readonly topic: string
  readonly body: unknown
}

/** What every node has to know, whoever coordinates: it is never too old to be heard. */
export interface PeerNews {
  readonly scope: Scope
  readonly topic: string
  readonly body: unknown
}

export interface PeerHandlers {
  /** A SwarmError it throws reaches the caller as the same SwarmError. */
  call(call: PeerCall, from: NodeId): Promise<unknown>
  notice(notice: PeerNotice, from: NodeId): void
  /** Notices that the peer did not receive, or of which it is not known. */
  unreceived(peer: NodeId, notices: readonly PeerNotice[]): void
  news(news: PeerNews): void
  /** A node's presence ended (2 s after its last sign of life). */
  peerLost(peer: NodeId): void
  /** Messages to this node may have been lost, though nobody died: it did not listen for a while. */
  missed(): void
  /** This node has reached none of the others for 5 s. It may be the only one, or the only one that cannot. Said once. */
  cutOff(): void
  /** Another node appended events to the scope's log, up to this number. Sent for watched scopes only. */
  appended(scope: Scope, lastSequence: number): void
}

/**
 * The other server nodes. A single-node server has none.
 *
 * Every adapter must pass `test/contract/peers.contract.ts`.
 */
export interface Peers {
  readonly nodeId: NodeId
  /** True where there can be no other node. */
  readonly isAlone: boolean
  /** Called once, before anything else. */
  start(handlers: PeerHandlers): Promise<void>
  /** The nodes that live now, this one included, as far as this node knows. */
  present(): ReadonlySet<NodeId>
  /** @throws SwarmError `coordinator_unavailable` when the peer does not answer in time; the call may have happened. */
  call(peer: NodeId, call: PeerCall): Promise<unknown>
  notify(peer: NodeId, notice: PeerNotice): void
  /** Tells every other node. What cannot be sent now is sent later, and may then arrive twice. */
  notifyAll(news: PeerNews): void
  /** Tells the nodes that watch the scope. */
  announceAppended(scope: Scope, lastSequence: number): void
  /** Counted: watch twice, unwatch twice. */
  watch(scope: Scope): void
  unwatch(scope: Scope): void
  stop(): Promise<void>
}
