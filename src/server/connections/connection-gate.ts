import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '#domain/ports/clock.ts'
import { clientAddress } from './client-address.ts'

export interface ConnectionGateOptions {
  readonly connectionsMax: number
  /** Connections that have shown no valid credential. */
  readonly anonymousMax: number
  /** The same of one address. */
  readonly anonymousPerAddressMax: number
}

interface Anonymous {
  readonly address: string
  readonly since: number
  cancelDeadline: () => void
}

/** How long an upgraded connection may go without a valid credential. A little more than the first frame is given. */
export const UPGRADED_ANONYMOUS_MS = 5_500
/** A connection this young may have sent its credential, which the node has not come to read yet. */
const SPARED_MS = 1_000
const LOOK_EVERY_MS = 500

/**
 * Counts the connections of this node. One is anonymous until a credential that came over it was valid. Where there are
 * too many, the oldest anonymous connection is ended, so that anonymous connections never keep a client with a credential
 * out.
 */
export class ConnectionGate {
  readonly #options: ConnectionGateOptions
  readonly #clock: Clock
  /** Oldest first. */
  readonly #anonymous = new Map<Socket, Anonymous>()
  readonly #byAddress = new Map<string, Set<Socket>>()
  #openCount = 0
  #cancelLook: (() => void) | undefined

  constructor(options: ConnectionGateOptions, { clock }: { readonly clock: Clock }) {
    this.#options = options
    this.#clock = clock
  }

  get anonymousCount(): number {
    return this.#anonymous.size
  }

  watch(server: Server): void {
    server.on('connection', (socket) => this.#opened(socket))
    server.on('close', () => this.#cancelLook?.())
  }

  /** Node no longer times a connection that is upgraded: it is ended by force unless it shows a credential in time. */
  upgraded(socket: Socket): void {
    const anonymous = this.#anonymous.get(socket)
    if (anonymous === undefined) return
    anonymous.cancelDeadline()
    anonymous.cancelDeadline = this.#clock.setTimer(UPGRADED_ANONYMOUS_MS, () => socket.destroy())
  }

  /** A credential that came over the connection is valid. */
  identified(socket: Socket): void {
    const anonymous = this.#anonymous.get(socket)
    if (anonymous === undefined) return
    anonymous.cancelDeadline()
    this.#anonymous.delete(socket)
    const others = this.#byAddress.get(anonymous.address)
    others?.delete(socket)
    if (others?.size === 0) this.#byAddress.delete(anonymous.address)
  }

  #opened(socket: Socket): void {
    this.#openCount += 1
    const address = clientAddress(socket.remoteAddress)
    const since = this.#clock.monotonic()
    this.#anonymous.set(socket, { address, since, cancelDeadline: () => undefined })
    const others = this.#byAddress.get(address)
    if (others === undefined) this.#byAddress.set(address, new Set([socket]))
    else others.add(socket)
    socket.once('close', () => {
      this.#openCount -= 1
      this.identified(socket)
    })
    if (this.#openCount > this.#options.connectionsMax) this.#endOldest(this.#anonymous.keys())
    this.#look()
  }

  /** Looks again by itself while there are too many: those that were spared grow older. */
  #look(): void {
    const { anonymousMax, anonymousPerAddressMax } = this.#options
    let isOver = false
    for (const sockets of this.#byAddress.values())
      isOver = this.#shrink(sockets, anonymousPerAddressMax) || isOver
    isOver = this.#shrink(this.#anonymous, anonymousMax) || isOver
    if (!isOver || this.#cancelLook !== undefined) return
    this.#cancelLook = this.#clock.setTimer(LOOK_EVERY_MS, () => {
      this.#cancelLook = undefined
      this.#look()
    })
  }

  /** @returns whether there are still too many */
  #shrink(sockets: { readonly size: number; keys(): Iterable<Socket> }, countMax: number): boolean {
    while (sockets.size > countMax) {
      const [oldest] = sockets.keys()
      const since = oldest === undefined ? undefined : this.#anonymous.get(oldest)?.since
      if (since === undefined || this.#clock.monotonic() - since < SPARED_MS) return true
      this.#endOldest(sockets.keys())
    }
    return false
  }

  #endOldest(sockets: Iterable<Socket>): void {
    for (const socket of sockets) {
      this.identified(socket)
      socket.destroy()
      return
    }
  }
}
