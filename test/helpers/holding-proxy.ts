import { once } from 'node:events'
import { createServer, connect as dial, type Server, type Socket } from 'node:net'

export type Direction = 'toServer' | 'toClient'
/** `listening`: connections that have subscribed to a channel. */
export type ConnectionKind = 'listening' | 'commanding'

interface Link {
  kind: ConnectionKind
  readonly client: Socket
  readonly server: Socket
  readonly held: Record<Direction, Buffer[]>
}

/**
 * Stands between a client and its Redis, and holds back what goes one way without closing anything, as a network that
 * lost a route does. What was held is passed on, in order, at the release.
 */
export class HoldingProxy {
  readonly #server: Server
  readonly #links = new Set<Link>()
  #holds: { readonly kind: ConnectionKind; readonly direction: Direction }[] = []

  private constructor(targetPort: number) {
    this.#server = createServer((client) => this.#accept(client, targetPort))
  }

  static async start(targetPort: number): Promise<HoldingProxy> {
    const proxy = new HoldingProxy(targetPort)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get url(): string {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the proxy does not listen')
    return `redis://127.0.0.1:${address.port}`
  }

  /** Connections made from now on are not held. */
  hold(kind: ConnectionKind, direction: Direction): void {
    for (const link of this.#links) if (link.kind === kind) this.#heldLinks.add(link)
    this.#holds.push({ kind, direction })
  }

  release(): void {
    this.#holds = []
    this.#heldLinks.clear()
    for (const { client, server, held } of this.#links) {
      for (const chunk of held.toServer.splice(0)) server.write(chunk)
      for (const chunk of held.toClient.splice(0)) client.write(chunk)
    }
  }

  async close(): Promise<void> {
    for (const { client, server } of this.#links) {
      client.destroy()
      server.destroy()
    }
    this.#server.close()
    await once(this.#server, 'close')
  }

  readonly #heldLinks = new Set<Link>()

  #accept(client: Socket, targetPort: number): void {
    const server = dial({ port: targetPort, host: '127.0.0.1' })
    const link: Link = { kind: 'commanding', client, server, held: { toServer: [], toClient: [] } }
    this.#links.add(link)
    client.on('data', (chunk) => {
      if (chunk.includes('subscribe')) link.kind = 'listening'
      this.#pass(link, 'toServer', chunk)
    })
    server.on('data', (chunk) => this.#pass(link, 'toClient', chunk))
    for (const [socket, other, direction] of [
      [client, server, 'toServer'],
      [server, client, 'toClient'],
    ] as const) {
      socket.on('error', () => undefined)
      socket.on('close', () => {
        // A network that holds bytes back holds the end of the connection back, too.
        if (!this.#isHeld(link, direction)) other.destroy()
      })
    }
  }

  #pass(link: Link, direction: Direction, chunk: Buffer): void {
    if (this.#isHeld(link, direction)) link.held[direction].push(chunk)
    else if (direction === 'toServer') link.server.write(chunk)
    else link.client.write(chunk)
  }

  #isHeld(link: Link, direction: Direction): boolean {
    return (
      this.#heldLinks.has(link) &&
      this.#holds.some((hold) => hold.kind === link.kind && hold.direction === direction)
    )
  }
}
