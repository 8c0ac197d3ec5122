import type { EventReader } from '#domain/communication/event-reader.ts'
import { SwarmError } from '#domain/model/errors.ts'
import type { FrameSocket } from './frame-socket.ts'
import { SocketLiveness } from './liveness.ts'

export type SocketKind = 'channel' | 'stream'

/** What the server does with a connection of either kind when it goes away. */
export interface Connection {
  /** Frames being worked on. */
  readonly inFlight: number
  closeFor(reason: string): void
}

/** The connections that stay open on this node: WebSockets of both kinds, and streams of server-sent events. */
export class OpenSockets {
  readonly #connections = new Map<Connection, SocketKind>()
  /** Of responses that are streams of server-sent events. */
  readonly #readers = new Set<EventReader>()
  readonly #liveness = new SocketLiveness()
  #isDraining = false
  #isDrainAnnounced = false

  constructor() {
    this.#liveness.start()
  }

  countOf(kind: SocketKind): number {
    let count = 0
    for (const other of this.#connections.values()) if (other === kind) count += 1
    return count
  }

  get inFlight(): number {
    let sum = 0
    for (const connection of this.#connections.keys()) sum += connection.inFlight
    return sum
  }

  get isDraining(): boolean {
    return this.#isDraining
  }

  /** Whether load balancers should send requests elsewhere: the server drains, or will in a moment. */
  get isDrainAnnounced(): boolean {
    return this.#isDrainAnnounced
  }

  /** @throws SwarmError `draining` */
  refuseWhileDraining(): void {
    if (this.#isDraining) throw new SwarmError('draining', { retryAfterMs: 1_000 })
  }

  /** The returned function is to be called when the socket closed. */
  add(kind: SocketKind, socket: FrameSocket, connection: Connection): () => void {
    this.#connections.set(connection, kind)
    const unwatch = this.#liveness.watch(socket)
    return () => {
      this.#connections.delete(connection)
      unwatch()
    }
  }

  /** As {@link add}, for a response that streams events and ends with its reader. */
  addReader(reader: EventReader): () => void {
    this.#readers.add(reader)
    return () => this.#readers.delete(reader)
  }

  announceDrain(): void {
    this.#isDrainAnnounced = true
  }

  /** No new ones from now on. */
  drain(): void {
    this.#isDrainAnnounced = true
    this.#isDraining = true
  }

  closeAll(reason: string): void {
    for (const connection of this.#connections.keys()) connection.closeFor(reason)
    for (const reader of this.#readers) reader.close()
    this.#liveness.stop()
  }
}
