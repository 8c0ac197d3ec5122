import { WebSocket } from 'ws'
import type { StreamFrame } from '#contract/index.ts'
import { LIMITS } from '#contract/limits.ts'
import { startTimer } from '#infra/system/timer.ts'
import { type EventItem, type FeedRequest, isEventItem } from './event-feed.ts'
import { onUpgradeRefused } from './refused-upgrade.ts'
import { connectionFailed, errorFromProblem } from './swarm-api-error.ts'

const OPEN_TIMEOUT_MS = 10_000
/** The server pings every 15 s. */
const SILENCE_MAX_MS = 45_000
/** Items held here before the socket is left unread, so that what is not taken waits at the server. */
const BUFFERED_MAX = 256

/** Events over the EventStream's WebSocket, for Node: less to parse than server-sent events. */
export async function* openWebSocketFeed(request: FeedRequest): AsyncGenerator<EventItem, void, undefined> {
  const feed = new WebSocketFeed(request)
  try {
    for (let item = await feed.next(); item !== undefined; item = await feed.next()) yield item
  } finally {
    feed.close()
  }
}

class WebSocketFeed {
  readonly #socket: WebSocket
  readonly #url: string
  readonly #buffer: EventItem[] = []
  #end: { readonly error: Error | undefined } | undefined
  #wake: () => void = () => undefined
  #cancelSilence: () => void = () => undefined
  readonly #stopListening: () => void

  constructor({ connection, swarmId, since, types, subject, signal }: FeedRequest) {
    this.#url = connection.url
    const { apiKey } = connection
    const address = `${this.#url.replace(/^http/, 'ws')}/v1/swarms/${encodeURIComponent(swarmId)}/stream`
    const socket = new WebSocket(address, ['amos.v1.json'], {
      handshakeTimeout: OPEN_TIMEOUT_MS,
      maxPayload: 2 * LIMITS.frameBytesMax,
      perMessageDeflate: false,
      headers: apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` },
    })
    this.#socket = socket
    socket.on('open', () => {
      const filter = {
        ...(types.length === 0 ? {} : { types }),
        ...(subject === undefined ? {} : { subject }),
      }
      socket.send(JSON.stringify({ type: 'subscribe', since, ...filter }))
      this.#heard()
    })
    socket.on('message', (data) => this.#receive((data as Buffer).toString()))
    socket.on('ping', () => this.#heard())
    socket.on('error', (error) => {
      connection.turn()
      this.#finish(connectionFailed(this.#url, error))
    })
    onUpgradeRefused(socket, this.#url, (error) => {
      if (error.retryable) connection.turn()
      this.#finish(error)
    })
    socket.on('close', () => this.#finish(undefined))
    const onAbort = (): void => this.#finish(undefined)
    signal.addEventListener('abort', onAbort)
    this.#stopListening = () => signal.removeEventListener('abort', onAbort)
  }

  /** Undefined once the feed is over. @throws SwarmApiError that ended it */
  async next(): Promise<EventItem | undefined> {
    while (this.#buffer.length === 0 && this.#end === undefined) {
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
    const item = this.#buffer.shift()
    if (item === undefined && this.#end?.error !== undefined) throw this.#end.error
    if (this.#buffer.length < BUFFERED_MAX / 2 && this.#socket.isPaused) this.#resume()
    return item
  }

  close(): void {
    this.#finish(undefined)
    this.#socket.terminate()
  }

  #receive(text: string): void {
    this.#heard()
    const frame = parseFrame(text)
    if (frame === undefined) this.#finish(connectionFailed(this.#url, 'what came is no frame'))
    else if (frame.type === 'error') this.#finish(errorFromProblem(frame))
    else if (isEventItem(frame)) this.#hold(frame)
  }

  #hold(item: EventItem): void {
    this.#buffer.push(item)
    if (this.#buffer.length >= BUFFERED_MAX) this.#pause()
    this.#wake()
  }

  #pause(): void {
    this.#cancelSilence()
    this.#socket.pause()
  }

  #resume(): void {
    this.#socket.resume()
    this.#heard()
  }

  #heard(): void {
    this.#cancelSilence()
    if (this.#end !== undefined) return
    const error = connectionFailed(this.#url, `silent for ${SILENCE_MAX_MS} ms`)
    this.#cancelSilence = startTimer(SILENCE_MAX_MS, () => this.#finish(error))
  }

  /** What has arrived is still handed out. */
  #finish(error: Error | undefined): void {
    this.#end ??= { error }
    this.#cancelSilence()
    // The signal lives as long as the subscription, which may open feeds without number.
    this.#stopListening()
    this.#wake()
  }
}

function parseFrame(text: string): StreamFrame | undefined {
  try {
    const frame = JSON.parse(text) as StreamFrame | null
    return typeof frame === 'object' && frame !== null ? frame : undefined
  } catch {
    return undefined
  }
}
