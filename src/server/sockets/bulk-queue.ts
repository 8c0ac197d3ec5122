import type { FramedMessage } from './framed-message.ts'

export interface BulkQueueOptions {
  /** Unsent bytes from which on messages wait here instead of in the socket. */
  readonly socketBytesMax: number
  readonly countMax: number
  readonly bytesMax: number
}

export interface BulkQueueModules {
  bufferedBytes(): number
  write(message: FramedMessage): void
  /** Resolves when what was written so far has left, or the connection is gone. */
  flushed(): Promise<void>
}

/** A message, or one that is made when its turn comes. */
type Entry = FramedMessage | (() => FramedMessage)

/**
 * A slow lane of one connection. While the peer does not read fast enough, what may be overtaken waits here, so that
 * work written meanwhile goes first. It is bounded, and says when it is full.
 */
export class BulkQueue {
  readonly #options: BulkQueueOptions
  readonly #modules: BulkQueueModules
  #entries: Entry[] = []
  #next = 0
  #bytes = 0
  #isWaiting = false

  constructor(options: BulkQueueOptions, modules: BulkQueueModules) {
    this.#options = options
    this.#modules = modules
  }

  get waitingCount(): number {
    return this.#entries.length - this.#next
  }

  get isFull(): boolean {
    return this.waitingCount >= this.#options.countMax || this.#bytes >= this.#options.bytesMax
  }

  /** To be asked for {@link isFull} before. What is made when its turn comes takes no room in bytes until then. */
  send(entry: Entry): void {
    if (this.waitingCount === 0 && this.#modules.bufferedBytes() < this.#options.socketBytesMax) {
      this.#modules.write(messageOf(entry))
      return
    }
    if (typeof entry !== 'function') this.#bytes += entry.wire.length
    this.#push(entry)
  }

  /** One small message behind all that wait, full or not; made when its turn comes. */
  sendLater(make: () => FramedMessage): void {
    this.#push(make)
  }

  clear(): void {
    this.#entries = []
    this.#next = 0
    this.#bytes = 0
  }

  #push(entry: Entry): void {
    this.#entries.push(entry)
    if (this.#isWaiting) return
    this.#isWaiting = true
    void this.#modules.flushed().then(() => this.#drain())
  }

  #drain(): void {
    this.#isWaiting = false
    const { bufferedBytes, write } = this.#modules
    while (this.waitingCount > 0 && bufferedBytes() < this.#options.socketBytesMax) {
      const entry = this.#entries[this.#next]
      if (entry === undefined) break
      this.#next += 1
      if (typeof entry !== 'function') this.#bytes -= entry.wire.length
      write(messageOf(entry))
    }
    if (this.waitingCount === 0) {
      this.clear()
      return
    }
    // Now and then rather than at each message, which would copy the list each time.
    if (this.#next > 1_000) {
      this.#entries = this.#entries.slice(this.#next)
      this.#next = 0
    }
    this.#isWaiting = true
    void this.#modules.flushed().then(() => this.#drain())
  }
}

function messageOf(entry: Entry): FramedMessage {
  return typeof entry === 'function' ? entry() : entry
}
