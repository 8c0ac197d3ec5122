import { WebSocket } from 'ws'
import { cutUtf8 } from '#contract/text.ts'
import { BulkQueue } from './bulk-queue.ts'
import { type FrameFormat, formatOf } from './frame-format.ts'
import { type FramedMessage, frameMessage } from './framed-message.ts'
import { SocketWriter } from './socket-writer.ts'

/** Unsent bytes past which a connection counts as not being read. */
const BUFFERED_BYTES_MAX = 8 * 1024 * 1024
const CLOSE_REASON_BYTES_MAX = 123
/** What may wait for a peer that does not read: little in the socket, where nothing can overtake it, more beside it. */
const BULK = { socketBytesMax: 256 * 1024, countMax: 10_000, bytesMax: 4 * 1024 * 1024 }
/** Notices overtake bulk, since they may fill the socket further. They wait unmade: all voters share what they are made of. */
const NOTICES = { socketBytesMax: 1024 * 1024, countMax: 50_000, bytesMax: 4 * 1024 * 1024 }

export interface FrameSocketEvents {
  /** Thrown errors are the listener's own business: none may escape. */
  onMessage(data: Buffer, isBinary: boolean): void
  onClose(): void
}

/** A WebSocket that speaks frames of one format. */
export class FrameSocket {
  readonly format: FrameFormat
  readonly #socket: WebSocket
  readonly #writer: SocketWriter
  readonly #bulk: BulkQueue
  readonly #notices: BulkQueue
  #pingsUnanswered = 0

  /** Listens at once: what arrives before there is a listener is lost. */
  constructor(socket: WebSocket, events: FrameSocketEvents) {
    this.#socket = socket
    this.format = formatOf(socket.protocol)
    this.#writer = new SocketWriter(socket)
    const lane = {
      bufferedBytes: () => this.bufferedBytes,
      write: (message: FramedMessage) => this.#writer.write(message),
      flushed: () => this.flushed(),
    }
    this.#bulk = new BulkQueue(BULK, lane)
    this.#notices = new BulkQueue(NOTICES, lane)
    // A Buffer, since `binaryType` is left at "nodebuffer".
    socket.on('message', (data, isBinary) => events.onMessage(data as Buffer, isBinary))
    socket.on('pong', () => {
      this.#pingsUnanswered = 0
    })
    socket.on('close', () => {
      this.#bulk.clear()
      this.#notices.clear()
      events.onClose()
    })
    // What breaks a connection also closes it.
    socket.on('error', () => undefined)
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN
  }

  get bufferedBytes(): number {
    return this.#writer.bufferedBytes
  }

  get isOverfull(): boolean {
    return this.bufferedBytes > BUFFERED_BYTES_MAX
  }

  send(frame: object): void {
    this.sendEncoded(this.format.encode(frame))
  }

  sendEncoded(message: string | Buffer): void {
    if (this.isOpen) this.#writer.write(frameMessage(message, this.format.isBinary))
  }

  /** @param message in the format of this connection */
  sendFramed(message: FramedMessage): void {
    this.#writer.write(message)
  }

  /** Whether so many notices wait that the peer counts as not reading. */
  get areNoticesFull(): boolean {
    return this.#notices.isFull
  }

  /**
   * Sends what comes in floods to one that was away, and must not be lost while it reads: work may overtake it, bulk may
   * not. Its order is kept.
   */
  sendNotice(make: () => FramedMessage): void {
    if (this.isOpen) this.#notices.send(make)
  }

  /** Whether {@link sendBulk} takes nothing more for now. */
  get isBulkFull(): boolean {
    return this.#bulk.isFull
  }

  /** Sends what everything else may overtake while the peer does not read fast enough. Its order is kept. */
  sendBulk(message: FramedMessage): void {
    if (this.isOpen) this.#bulk.send(message)
  }

  /** As {@link sendBulk}, for a small message that is made when its turn comes, and taken also where the lane is full. */
  sendBulkLater(make: () => object): void {
    if (this.isOpen)
      this.#bulk.sendLater(() => frameMessage(this.format.encode(make()), this.format.isBinary))
  }

  /** Resolves when all that was sent has left this process, or the connection is gone. */
  flushed(): Promise<void> {
    if (!this.isOpen) return Promise.resolve()
    this.#writer.flush()
    // A ping is written after everything before it, and `ws` says when.
    return new Promise((resolve) => this.#socket.ping(undefined, undefined, () => resolve()))
  }

  /** Stops reading, so that a peer that sends faster than we work is slowed down. */
  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  /** @returns how many pings in a row got no answer, this one not counted */
  ping(): number {
    const unanswered = this.#pingsUnanswered
    this.#pingsUnanswered += 1
    if (this.isOpen) this.#socket.ping()
    return unanswered
  }

  /** Whether the other side answers a ping in time. It counts for nothing else than this answer. */
  async probe(withinMs: number): Promise<boolean> {
    if (!this.isOpen) return false
    return new Promise<boolean>((resolve) => {
      const settle = (answers: boolean): void => {
        clearTimeout(timer)
        this.#socket.off('pong', onPong)
        resolve(answers)
      }
      const onPong = (): void => settle(true)
      const timer = setTimeout(settle, withinMs, false)
      this.#socket.once('pong', onPong)
      this.#socket.ping()
    })
  }

  close(code: number, reason: string): void {
    this.#writer.flush()
    this.#socket.close(code, cutUtf8(reason, CLOSE_REASON_BYTES_MAX))
  }

  terminate(): void {
    this.#socket.terminate()
  }
}
