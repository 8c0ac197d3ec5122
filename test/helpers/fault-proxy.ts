import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** As seen from the client: what it sends, and what it is answered. */
export type Direction = 'up' | 'down'

export interface FaultProxyOptions {
  /** The port on 127.0.0.1 that it stands in front of. */
  readonly targetPort: number
}

/** A chunk that is on its way. */
interface Parcel {
  readonly data: Buffer
  readonly dueAt: number
}

/** Stands between a client and a server on this machine, and disturbs what goes through it. */
export class FaultProxy {
  readonly #server: Server
  readonly #targetPort: number
  readonly #links = new Set<Link>()
  readonly #faults: Faults = { held: new Set(), delayMs: { up: 0, down: 0 }, subscribers: new Set() }

  private constructor(targetPort: number) {
    this.#targetPort = targetPort
    this.#server = createServer((client) => this.#accept(client))
  }

  static async start({ targetPort }: FaultProxyOptions): Promise<FaultProxy> {
    const proxy = new FaultProxy(targetPort)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  get redisUrl(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  /** Adds so much to every round trip. */
  delay(roundTripMs: number): void {
    this.#faults.delayMs.up = roundTripMs / 2
    this.#faults.delayMs.down = roundTripMs / 2
  }

  /** Keeps back what goes in a direction, without a word to either side, until {@link release}. */
  hold(...directions: readonly Direction[]): void {
    for (const direction of directions) this.#faults.held.add(direction)
  }

  /** The same for the connections alone that subscribe to something. */
  holdSubscribers(): void {
    for (const direction of ['up', 'down'] as const) this.#faults.subscribers.add(direction)
  }

  releaseSubscribers(): void {
    this.#faults.subscribers.clear()
    for (const link of this.#links) link.flush()
  }

  /** Ends the connections that subscribe to something. */
  cutSubscribers(): void {
    for (const link of this.#links) if (link.isSubscriber) link.cut()
  }

  cut(): void {
    for (const link of this.#links) link.cut()
  }

  /** Ends every disturbance; what was held goes on, in order. */
  release(): void {
    this.#faults.held.clear()
    this.#faults.subscribers.clear()
    this.delay(0)
    for (const link of this.#links) link.flush()
  }

  async close(): Promise<void> {
    this.cut()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #accept(client: Socket): void {
    const link = new Link(client, connect(this.#targetPort, '127.0.0.1'), this.#faults)
    this.#links.add(link)
    void link.closed.then(() => this.#links.delete(link))
  }
}

interface Faults {
  readonly held: Set<Direction>
  readonly delayMs: Record<Direction, number>
  /** The directions that are held for subscribers. */
  readonly subscribers: Set<Direction>
}

/** One connection through the proxy. */
class Link {
  isSubscriber = false
  readonly closed: Promise<void>
  readonly #ends: Record<Direction, Socket>
  readonly #faults: Faults
  readonly #parcels: Record<Direction, Parcel[]> = { up: [], down: [] }
  readonly #timers: Partial<Record<Direction, NodeJS.Timeout>> = {}

  constructor(client: Socket, server: Socket, faults: Faults) {
    this.#faults = faults
    this.#ends = { up: server, down: client }
    for (const socket of [client, server]) {
      socket.setNoDelay(true)
      socket.on('error', () => {})
      socket.on('close', () => this.cut())
    }
    client.on('data', (data) => {
      if (/\r\nP?SUBSCRIBE\r\n/i.test(data.subarray(0, 64).toString('latin1'))) this.isSubscriber = true
      this.#carry('up', data)
    })
    server.on('data', (data) => this.#carry('down', data))
    this.closed = new Promise((resolve) => client.once('close', () => resolve()))
  }

  cut(): void {
    for (const timer of Object.values(this.#timers)) clearTimeout(timer)
    this.#ends.up.destroy()
    this.#ends.down.destroy()
  }

  flush(): void {
    this.#deliver('up')
    this.#deliver('down')
  }

  #carry(direction: Direction, data: Buffer): void {
    this.#parcels[direction].push({ data, dueAt: performance.now() + this.#faults.delayMs[direction] })
    this.#deliver(direction)
  }

  #isHeld(direction: Direction): boolean {
    const { held, subscribers } = this.#faults
    return held.has(direction) || (this.isSubscriber && subscribers.has(direction))
  }

  #deliver(direction: Direction): void {
    clearTimeout(this.#timers[direction])
    const parcels = this.#parcels[direction]
    for (let first = parcels[0]; first !== undefined && !this.#isHeld(direction); first = parcels[0]) {
      const leftMs = first.dueAt - performance.now()
      if (leftMs > 0) {
        this.#timers[direction] = setTimeout(() => this.#deliver(direction), leftMs)
        return
      }
      parcels.shift()
      this.#ends[direction].write(first.data)
    }
  }
}
