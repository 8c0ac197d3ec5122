import { isSwarmError, SwarmError } from '#domain/model/errors.ts'
import type { NodeId, Scope } from '#domain/model/ids.ts'
import type { Clock } from '#domain/ports/clock.ts'
import type { PeerCall, PeerHandlers, PeerNews, PeerNotice, Peers } from '#domain/ports/peers.ts'

/** How long after its last sign of life the others hear that a node is gone. */
const PRESENCE_MS = 2_000
/** How long a call waits for an answer. */
const CALL_TIMEOUT_MS = 2_000

export interface MemoryNetworkModules {
  readonly clock: Clock
  /** How long one message takes, asked for each; at once by default. */
  readonly latencyMs?: () => number
}

interface Station {
  readonly handlers: PeerHandlers
  readonly watched: Map<Scope, number>
  /** When the newest message to this node arrives: a later one must not overtake it. */
  arrivesAt: number
  isDeaf: boolean
}

/** The nodes of one cluster and the wires between them. A node that died hears and says nothing any more. */
export class MemoryNetwork {
  readonly #clock: Clock
  readonly #latencyMs: () => number
  readonly #stations = new Map<NodeId, Station>()

  constructor({ clock, latencyMs = () => 0 }: MemoryNetworkModules) {
    this.#clock = clock
    this.#latencyMs = latencyMs
  }

  /** As those see it that are told of every death. */
  present(): ReadonlySet<NodeId> {
    return new Set(this.#stations.keys())
  }

  join(node: NodeId, handlers: PeerHandlers): void {
    this.#stations.set(node, { handlers, watched: new Map(), arrivesAt: 0, isDeaf: false })
  }

  /** In good order: the others are told at once. */
  leave(node: NodeId): void {
    if (this.#stations.delete(node)) this.#tellLost(node)
  }

  /** Without a word: the others notice by its silence. */
  die(node: NodeId): void {
    if (this.#stations.delete(node)) this.#clock.setTimer(PRESENCE_MS, () => this.#tellLost(node))
  }

  /** What others publish for it is lost while it cannot listen; they are told, and it knows when that is over. */
  deafen(node: NodeId): void {
    const station = this.#stations.get(node)
    if (station !== undefined) station.isDeaf = true
  }

  hearAgain(node: NodeId): void {
    const station = this.#stations.get(node)
    if (station?.isDeaf !== true) return
    station.isDeaf = false
    station.handlers.missed()
  }

  /** Neither dead nor alive, as a stopped process: the others count it as lost. */
  fallSilent(node: NodeId): void {
    this.#tellLost(node)
  }

  watch(node: NodeId, scope: Scope, change: 1 | -1): void {
    const watched = this.#stations.get(node)?.watched
    watched?.set(scope, (watched.get(scope) ?? 0) + change)
  }

  announce(from: NodeId, scope: Scope, lastSequence: number): void {
    for (const [node, { watched }] of this.#stations) {
      if (node === from || (watched.get(scope) ?? 0) === 0) continue
      this.#carry(from, node, ({ handlers }) => handlers.appended(scope, lastSequence))
    }
  }

  notify(from: NodeId, to: NodeId, notice: PeerNotice): void {
    const copy = structuredClone(notice)
    const isSent = this.#carry(from, to, ({ handlers }) => handlers.notice(copy, from))
    if (isSent) return
    this.#clock.setTimer(this.#latencyMs(), () => this.#stations.get(from)?.handlers.unreceived(to, [copy]))
  }

  notifyAll(from: NodeId, news: PeerNews): void {
    const copy = structuredClone(news)
    for (const node of this.#stations.keys())
      if (node !== from) this.#carry(from, node, ({ handlers }) => handlers.news(copy))
  }

  call(from: NodeId, to: NodeId, call: PeerCall): Promise<unknown> {
    const copy = structuredClone(call)
    return new Promise((resolve, reject) => {
      const cancelTimeout = this.#clock.setTimer(CALL_TIMEOUT_MS, () => reject(unanswered()))
      const answer = (settle: () => void): void => {
        this.#carry(to, from, () => {
          cancelTimeout()
          settle()
        })
      }
      this.#carry(from, to, ({ handlers }) => {
        handlers.call(copy, from).then(
          (result) => answer(() => resolve(structuredClone(result))),
          (error: unknown) => answer(() => reject(acrossTheWire(error))),
        )
      })
    })
  }

  /** @returns false where nobody listens at the other end */
  #carry(from: NodeId, to: NodeId, deliver: (station: Station) => void): boolean {
    const station = this.#stations.get(to)
    if (!this.#stations.has(from)) return true
    if (station === undefined || station.isDeaf) return false
    const now = this.#clock.monotonic()
    station.arrivesAt = Math.max(station.arrivesAt, now + this.#latencyMs())
    this.#clock.setTimer(station.arrivesAt - now, () => {
      if (this.#stations.get(to) === station && !station.isDeaf) deliver(station)
    })
    return true
  }

  #tellLost(node: NodeId): void {
    for (const [other, { handlers }] of this.#stations) if (other !== node) handlers.peerLost(node)
  }
}

/** One node's end of a {@link MemoryNetwork}. */
export class MemoryPeers implements Peers {
  readonly nodeId: NodeId
  readonly isAlone = false
  readonly #network: MemoryNetwork

  constructor(nodeId: NodeId, { network }: { readonly network: MemoryNetwork }) {
    this.nodeId = nodeId
    this.#network = network
  }

  async start(handlers: PeerHandlers): Promise<void> {
    this.#network.join(this.nodeId, handlers)
  }

  present(): ReadonlySet<NodeId> {
    return this.#network.present()
  }

  call(peer: NodeId, call: PeerCall): Promise<unknown> {
    return this.#network.call(this.nodeId, peer, call)
  }

  notify(peer: NodeId, notice: PeerNotice): void {
    this.#network.notify(this.nodeId, peer, notice)
  }

  notifyAll(news: PeerNews): void {
    this.#network.notifyAll(this.nodeId, news)
  }

  announceAppended(scope: Scope, lastSequence: number): void {
    this.#network.announce(this.nodeId, scope, lastSequence)
  }

  watch(scope: Scope): void {
    this.#network.watch(this.nodeId, scope, 1)
  }

  unwatch(scope: Scope): void {
    this.#network.watch(this.nodeId, scope, -1)
  }

  async stop(): Promise<void> {
    this.#network.leave(this.nodeId)
  }
}

function unanswered(): SwarmError<'coordinator_unavailable'> {
  return new SwarmError('coordinator_unavailable', { retryAfterMs: CALL_TIMEOUT_MS })
}

/** A SwarmError arrives as one; what else the callee threw is its own affair. */
function acrossTheWire(error: unknown): Error {
  if (!isSwarmError(error)) return new Error('the other node failed', { cause: error })
  return new SwarmError(error.code, structuredClone(error.details))
}
