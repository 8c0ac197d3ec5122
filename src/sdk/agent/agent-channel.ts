import { WebSocket } from 'ws'
import type { ChannelFrame, ChannelFrameOf } from '#contract/index.ts'
import { LIMITS } from '#contract/limits.ts'
import { startTimer } from '#infra/system/timer.ts'
import { onUpgradeRefused } from '../client/refused-upgrade.ts'
import { connectionFailed, errorFromProblem, SwarmApiError } from '../client/swarm-api-error.ts'
import type { FrameCodec, OutgoingFrame } from './frame-codec.ts'

/** Frames the agent did not ask for. */
export type Notice = Exclude<ChannelFrame, ChannelFrameOf<'ack'> | ChannelFrameOf<'welcome'>>

export interface ChannelOptions {
  /** Of the channel, with `ws:` or `wss:`. */
  readonly url: string
  readonly token: string | undefined
  readonly codec: FrameCodec
  onNotice(notice: Notice): void
  /** Called once, unless the channel never opened. */
  onClose(closed: ChannelClosed): void
}

export interface ChannelClosed {
  readonly code: number
  readonly reason: string
}

interface PendingRequest {
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: Error) => void
}

const OPEN_TIMEOUT_MS = 10_000
const CLOSE_TIMEOUT_MS = 2_000
/** One assignment fills a frame; the server never sends a longer one. */
const MESSAGE_BYTES_MAX = 2 * LIMITS.frameBytesMax

/** One WebSocket of an agent: questions and their answers, and what the server says by itself. */
export class AgentChannel {
  readonly #socket: WebSocket
  readonly #options: ChannelOptions
  readonly #pending = new Map<number, PendingRequest>()
  #lastRequestId = 0
  #hasHeard = false
  #wasOpen = false
  #closedWith: ChannelClosed | undefined

  /** The listeners first: what the server says right after the handshake would be lost otherwise. */
  private constructor(socket: WebSocket, options: ChannelOptions) {
    this.#socket = socket
    this.#options = options
    socket.on('open', () => (this.#wasOpen = true))
    socket.on('message', (data) => this.#receive(data as Buffer))
    // `ws` answers pings by itself.
    socket.on('ping', () => (this.#hasHeard = true))
    socket.on('close', (code, reason) => this.#onClosed({ code, reason: reason.toString() }))
    // An error is followed by `close`.
    socket.on('error', () => undefined)
  }

  /** @throws SwarmApiError when the server refuses the connection, or cannot be reached */
  static async open(options: ChannelOptions): Promise<AgentChannel> {
    const { url, token, codec } = options
    const socket = new WebSocket(url, [codec.subprotocol], {
      handshakeTimeout: OPEN_TIMEOUT_MS,
      maxPayload: MESSAGE_BYTES_MAX,
      perMessageDeflate: false,
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    })
    const channel = new AgentChannel(socket, options)
    await opened(socket, url)
    return channel
  }

  /**
   * Sends a frame and waits for its answer.
   *
   * @throws SwarmApiError what the server refuses it with, `payload_too_large` for a frame that is too long to be sent,
   * or `connection_failed` when the channel closes first
   */
  request<T>(frame: OutgoingFrame): Promise<T> {
    this.#lastRequestId += 1
    const requestId = this.#lastRequestId
    return new Promise<T>((resolve, reject) => {
      if (this.#socket.readyState !== WebSocket.OPEN) {
        reject(connectionFailed(this.#options.url, 'the channel is closed'))
        return
      }
      const encoded = this.#options.codec.encode({ ...frame, requestId })
      const byteLength = Buffer.byteLength(encoded)
      if (byteLength > LIMITS.frameBytesMax) {
        // The server would close the channel on it, and could not say which frame it was.
        reject(frameTooLarge(frame.type, byteLength))
        return
      }
      this.#pending.set(requestId, { resolve: resolve as (answer: unknown) => void, reject })
      this.#socket.send(encoded)
    })
  }

  /** Sends a frame that nobody answers; lost where the channel is closed. */
  send(frame: OutgoingFrame): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(this.#options.codec.encode(frame))
  }

  /** False as soon as either side begins to close it. */
  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN
  }

  /** How it was closed; undefined while it is open, or being closed. */
  get closed(): ChannelClosed | undefined {
    return this.#closedWith
  }

  /** Whether anything came since the last call: a silent server is as good as none. */
  takeHeard(): boolean {
    const heard = this.#hasHeard
    this.#hasHeard = false
    return heard
  }

  close(reason: string): void {
    this.#socket.close(1000, reason)
    startTimer(CLOSE_TIMEOUT_MS, () => this.#socket.terminate(), { keepsAlive: false })
  }

  /** Without waiting for a server that may be gone. */
  terminate(): void {
    this.#socket.terminate()
  }

  #receive(data: Buffer): void {
    this.#hasHeard = true
    const frame = this.#read(data)
    if (frame === undefined) {
      this.#socket.close(1003, 'not a frame')
      return
    }
    const pending = 'requestId' in frame ? this.#takePending(frame.requestId) : undefined
    if (frame.type === 'error' && pending !== undefined) pending.reject(errorFromProblem(frame))
    else if (frame.type === 'ack') pending?.resolve(frame.result)
    else if (frame.type === 'welcome') pending?.resolve(frame)
    else this.#options.onNotice(frame)
  }

  /** Undefined for what is none: something else than the server may be at the other end. */
  #read(data: Buffer): ChannelFrame | undefined {
    try {
      const frame = this.#options.codec.decode(data) as ChannelFrame | null | undefined
      return typeof frame === 'object' && frame !== null ? frame : undefined
    } catch {
      return undefined
    }
  }

  #takePending(requestId: string | number | undefined): PendingRequest | undefined {
    if (typeof requestId !== 'number') return undefined
    const pending = this.#pending.get(requestId)
    this.#pending.delete(requestId)
    return pending
  }

  #onClosed(closed: ChannelClosed): void {
    this.#closedWith = closed
    const cause = `the channel was closed (${closed.code} ${closed.reason})`
    for (const { reject } of this.#pending.values()) reject(connectionFailed(this.#options.url, cause))
    this.#pending.clear()
    if (this.#wasOpen) this.#options.onClose(closed)
  }
}

function frameTooLarge(type: string, byteLength: number): SwarmApiError {
  const limit = LIMITS.frameBytesMax
  return new SwarmApiError({
    code: 'payload_too_large',
    message: `the ${type} frame has ${byteLength} bytes, and ${limit} are allowed`,
    details: { limitName: 'frameBytesMax', limit, actual: byteLength },
  })
}

function opened(socket: WebSocket, url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', (error) => reject(connectionFailed(url, error)))
    onUpgradeRefused(socket, url, reject)
  })
}
