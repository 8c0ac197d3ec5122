import { Backoff, pause } from './backoff.ts'
import type { EventItem, OpenFeed } from './event-feed.ts'
import type { HttpConnection } from './http-connection.ts'
import { SwarmApiError } from './swarm-api-error.ts'
import { callObserver } from './user-code.ts'

/** Which events to be told of, and from where on. */
export interface SubscriptionOptions {
  /** The `id` of an event or a sequence number: what comes after it is read; `0` is the beginning. From now on by default. */
  readonly since?: string
  /** Only these, for instance `amos.task.completed` or `amos.agent.*`; all by default. */
  readonly types?: readonly string[]
  /** Only events about the task, agent or swarm of this id. */
  readonly subject?: string
  /** Ends the subscription: the loop over it ends without an error. */
  readonly signal?: AbortSignal
  /** Called when the connection was lost and another try is due; the subscription goes on by itself. */
  readonly onInterruption?: (error: SwarmApiError) => void
}

export interface SubscriptionModules {
  readonly connection: HttpConnection
  readonly swarmId: string
  readonly openFeed: OpenFeed
  /** The cursor of the newest event. */
  endOfLog(): Promise<string>
}

/**
 * Events in order, each once, over any number of connections. To be iterated once.
 *
 * It survives restarts of the server, and ends only when it is closed or the server refuses it for good.
 */
export class EventSubscription implements AsyncIterable<EventItem> {
  readonly #options: SubscriptionOptions
  readonly #modules: SubscriptionModules
  readonly #closing = new AbortController()
  readonly #backoff = new Backoff({ minMs: 50, baseMs: 250, maxMs: 5_000 })
  #cursor: string | undefined
  #isIterated = false

  constructor(options: SubscriptionOptions, modules: SubscriptionModules) {
    this.#options = options
    this.#modules = modules
    this.#cursor = options.since
    const { signal } = options
    if (signal?.aborted === true) this.close()
    signal?.addEventListener('abort', () => this.close(), { once: true, signal: this.#closing.signal })
  }

  /**
   * Stands after the newest item that was taken; keep it to go on from there later. Undefined until the first item
   * where no `since` was given.
   */
  get cursor(): string | undefined {
    return this.#cursor
  }

  /** Ends the loop over it, and its connection. */
  close(): void {
    this.#closing.abort()
  }

  /** @throws SwarmApiError when the server refuses the subscription, and repeating it would not help */
  async *[Symbol.asyncIterator](): AsyncGenerator<EventItem, void, undefined> {
    if (this.#isIterated) throw new Error('an event subscription can be iterated once')
    this.#isIterated = true
    try {
      while (!this.#isClosed) {
        try {
          yield* this.#readFeed()
        } catch (error) {
          // The reader's own loop may throw into `yield`: only what we failed at is ours to repeat.
          await this.#recover(error)
        }
      }
    } finally {
      this.close()
    }
  }

  async *#readFeed(): AsyncGenerator<EventItem, void, undefined> {
    const { endOfLog, openFeed, connection, swarmId } = this.#modules
    const { types = [], subject } = this.#options
    this.#cursor ??= await endOfLog()
    const feed = openFeed({
      connection,
      swarmId,
      since: this.#cursor,
      types,
      subject,
      signal: this.#closing.signal,
    })
    for await (const item of feed) {
      if (this.#isClosed) return
      this.#backoff.reset()
      this.#cursor = cursorAfter(item)
      yield item
      // Closed by whoever took the item: asking the feed for another would wait for nothing.
      if (this.#isClosed) return
    }
    if (!this.#isClosed) await this.#waitBeforeNextTry()
  }

  async #recover(error: unknown): Promise<void> {
    if (this.#isClosed) return
    if (!(error instanceof SwarmApiError) || !error.retryable) throw error
    callObserver(this.#options.onInterruption, error)
    await this.#waitBeforeNextTry(error.retryAfterMs)
  }

  async #waitBeforeNextTry(atLeastMs = 0): Promise<void> {
    // Closed meanwhile: the loop sees it.
    await pause(Math.max(atLeastMs, this.#backoff.nextMs()), this.#closing.signal).catch(() => undefined)
  }

  get #isClosed(): boolean {
    return this.#closing.signal.aborted
  }
}

/** Numbers that were lost are given again, to other events: those come after the last number before the gap. */
function cursorAfter(item: EventItem): string {
  if (item.type === 'event') return item.event.id
  return String(item.reason === 'lost' ? item.fromSequence - 1 : item.toSequence)
}
