import { once } from 'node:events'
import type { TSchema } from '@sinclair/typebox'
import { pack, unpack } from 'msgpackr'
import { WebSocket } from 'ws'
import type { SwarmEvent } from '#contract/event.ts'
import { CHANNEL_FRAMES } from '#contract/frames/agent-frames.ts'
import type { Subprotocol } from '#contract/frames/frame.ts'
import { STREAM_FRAMES } from '#contract/frames/stream-frames.ts'
import { expectSchema } from './contract-client.ts'

/**
 * A frame, as far as tests read it field by field. That it fits its schema was checked before the test sees it.
 */
export interface Frame {
  readonly type: string
  readonly taskId: string
  readonly fencingToken: number
  readonly event: SwarmEvent
  readonly [field: string]: unknown
}

export interface FrameClientOptions {
  readonly subprotocols?: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
}

const WAIT_MS = 10_000

/** One WebSocket of ours, driven frame by frame. Frames that do not fit the contract fail the test. */
export class FrameClient {
  readonly socket: WebSocket
  /** Resolves with the close code. */
  readonly closed: Promise<number>
  readonly #received: Frame[] = []
  #failure: Error | undefined
  #wake: () => void = () => undefined

  private constructor(socket: WebSocket) {
    this.socket = socket
    socket.on('message', (data, isBinary) => this.#receive(data as Buffer, isBinary))
    socket.on('error', () => undefined)
    this.closed = new Promise((resolve) => socket.on('close', (code) => resolve(code)))
    void this.closed.then(() => this.#wake())
  }

  /** @throws Error with the status and body where the upgrade is refused */
  static async open(
    url: string,
    path: string,
    { subprotocols = ['amos.v1.json'], headers = {} }: FrameClientOptions = {},
  ): Promise<FrameClient> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}${path}`, [...subprotocols], { headers })
    const client = new FrameClient(socket)
    const refused = new Promise<never>((_, reject) => {
      socket.on('unexpected-response', (_request, response) => {
        let body = ''
        response.on('data', (chunk: Buffer) => {
          body += chunk.toString()
        })
        response.on('end', () => reject(new Error(`${response.statusCode} ${body}`)))
      })
    })
    await Promise.race([once(socket, 'open'), refused])
    return client
  }

  get subprotocol(): Subprotocol {
    return this.socket.protocol as Subprotocol
  }

  send(frame: object): void {
    this.sendRaw(this.subprotocol === 'amos.v1.msgpack' ? pack(frame) : JSON.stringify(frame))
  }

  sendRaw(message: string | Buffer): void {
    this.socket.send(message)
  }

  /** The next frame of the type; others before it are dropped. Without a type, the very next frame. */
  async next(type?: string): Promise<Frame> {
    const giveUpAt = Date.now() + WAIT_MS
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure
      while (this.#received.length > 0) {
        const frame = this.#received.shift()
        if (frame !== undefined && (type === undefined || frame.type === type)) return frame
      }
      if (this.socket.readyState === WebSocket.CLOSED)
        throw new Error(`closed before ${type ?? 'a frame'} came`)
      if (Date.now() > giveUpAt) throw new Error(`no ${type ?? 'frame'} within ${WAIT_MS} ms`)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
        setTimeout(resolve, WAIT_MS).unref()
      })
    }
  }

  async close(): Promise<void> {
    this.socket.close()
    await this.closed
  }

  #receive(data: Buffer, isBinary: boolean): void {
    const frame = (isBinary ? unpack(data) : JSON.parse(data.toString())) as Frame
    const frames: Readonly<Record<string, TSchema>> = this.socket.url.endsWith('/stream')
      ? STREAM_FRAMES
      : CHANNEL_FRAMES
    try {
      const schema = frames[frame.type]
      if (schema === undefined) throw new Error(`the contract has no ${frame.type} here`)
      expectSchema(schema, frame, frame.type)
      this.#received.push(frame)
    } catch (error) {
      this.#failure = error as Error
    }
    this.#wake()
  }
}
