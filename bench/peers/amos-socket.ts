import { once } from 'node:events'
import { connect, type NetConnectOpts, type Socket } from 'node:net'
import { WebSocket } from 'ws'

/** A WebSocket of our server that speaks JSON frames; what is sent in one turn of the event loop leaves in one write. */
export class AmosSocket {
  readonly #webSocket: WebSocket
  readonly #tcp: Socket
  #isCorked = false

  /**
   * @param path below `/v1/swarms`
   * @param onFrame gets the text of every frame
   */
  constructor(url: string, path: string, onFrame: (text: string) => void) {
    const { hostname, port } = new URL(url)
    const tcp = connect({ host: hostname, port: Number(port), noDelay: true } satisfies NetConnectOpts)
    this.#tcp = tcp
    this.#webSocket = new WebSocket(`ws://${hostname}:${port}/v1/swarms${path}`, ['amos.v1.json'], {
      perMessageDeflate: false,
      createConnection: () => tcp,
    })
    // A Buffer, since `binaryType` is left at "nodebuffer".
    this.#webSocket.on('message', (data) => onFrame((data as Buffer).toString()))
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
    this.#webSocket.terminate()
  }
}
