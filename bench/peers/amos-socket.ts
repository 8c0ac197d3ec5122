import { once } from 'node:events'
import { connect, type NetConnectOpts, type Socket } from 'node:net'
import { WebSocket } from 'ws'

export interface AmosSocketEvents {
  /** Gets the text of every frame. */
  readonly onFrame: (text: string) => void
  /** The server, or the network, ended the connection. */
  readonly onEnd: (reason: string) => void
}

/** A WebSocket of our server that speaks JSON frames; what is sent in one turn of the event loop leaves in one write. */
export class AmosSocket {
  readonly #webSocket: WebSocket
  readonly #tcp: Socket
  #isCorked = false
  #isClosed = false

  /** @param path below `/v1/swarms` */
  constructor(url: string, path: string, { onFrame, onEnd }: AmosSocketEvents) {
    const { hostname, port } = new URL(url)
    const tcp = connect({ host: hostname, port: Number(port), noDelay: true } satisfies NetConnectOpts)
    this.#tcp = tcp
    this.#webSocket = new WebSocket(`ws://${hostname}:${port}/v1/swarms${path}`, ['amos.v1.json'], {
      perMessageDeflate: false,
      createConnection: () => tcp,
    })
    // A Buffer, since `binaryType` is left at "nodebuffer".
    this.#webSocket.on('message', (data) => onFrame((data as Buffer).toString()))
    this.#webSocket.on('close', (code, reason) => {
      if (!this.#isClosed) onEnd(`${path} was closed with ${code} ${reason.toString()}`)
    })
    // What breaks a connection also closes it.
    this.#webSocket.on('error', () => undefined)
  }

  /** @throws Error when the server cannot be reached */
  async opened(): Promise<void> {
    await once(this.#webSocket, 'open')
  }

  send(frame: object): void {
    if (!this.#isCorked) {
      this.#isCorked = true
      this.#tcp.cork()
      setImmediate(() => {
        this.#isCorked = false
        this.#tcp.uncork()
      })
    }
    this.#webSocket.send(JSON.stringify(frame))
  }

  close(): void {
    this.#isClosed = true
    this.#webSocket.terminate()
  }
}
