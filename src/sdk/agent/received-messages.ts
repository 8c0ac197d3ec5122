import type { MessageView } from '#contract/index.ts'
import { LIMITS } from '#contract/limits.ts'
import { Backoff, pause } from '../client/backoff.ts'
import { SwarmApiError } from '../client/swarm-api-error.ts'
import { errorOf } from '../client/user-code.ts'

export interface ReceivedMessagesOptions {
  handle(message: MessageView): Promise<void>
  /** @returns false where there is no connection; the swarm then delivers again */
  acknowledge(messageIds: readonly string[]): Promise<boolean>
  onError(error: Error): void
}

/** Durable messages remembered as dealt with, for those that are delivered again. */
const REMEMBERED_MAX = 10_000

/** Messages as they come: each handed on once, and durable ones acknowledged when they have been dealt with. */
export class ReceivedMessages {
  readonly #options: ReceivedMessagesOptions
  /** In the order they were dealt with. */
  readonly #done = new Set<string>()
  readonly #underWay = new Set<string>()
  /** To be acknowledged, each once, until the swarm has confirmed it. */
  readonly #due = new Set<string>()
  readonly #closing = new AbortController()
  #isFlushing = false
  #isFlushDue = false

  constructor(options: ReceivedMessagesOptions) {
    this.#options = options
  }

  receive(message: MessageView): void {
    const { messageId, isDurable } = message
    if (!isDurable) {
      this.#options.handle(message).catch((error: unknown) => this.#options.onError(errorOf(error)))
      return
    }
    if (this.#underWay.has(messageId)) return
    if (this.#done.has(messageId)) this.#acknowledgeSoon(messageId)
    else void this.#dealWith(message)
  }

  /** Acknowledges what is due; to be called at each new connection as well. */
  flush(): void {
    if (!this.#isFlushing) void this.#flush()
  }

  /** The agent is over: what is not acknowledged yet comes again in its next run. */
  close(): void {
    this.#closing.abort()
  }

  /** Never rejects. Ends when nothing is due, or there is no connection. */
  async #flush(): Promise<void> {
    this.#isFlushing = true
    const backoff = new Backoff({ minMs: 50, baseMs: 200, maxMs: 3_000 })
    while (this.#due.size > 0 && !this.#closing.signal.aborted) {
      const messageIds = [...this.#due].slice(0, LIMITS.acknowledgedMax)
      try {
        if (!(await this.#options.acknowledge(messageIds))) break
        backoff.reset()
        this.#forgetDue(messageIds)
      } catch (error) {
        const mayRepeat = error instanceof SwarmApiError && error.retryable
        if (!mayRepeat) {
          // They stay in the inbox, come again with the next connection and are acknowledged then.
          this.#forgetDue(messageIds)
          this.#options.onError(errorOf(error))
          continue
        }
        await pause(Math.max(backoff.nextMs(), error.retryAfterMs ?? 0), this.#closing.signal).catch(
          () => undefined,
        )
      }
    }
    this.#isFlushing = false
  }

  async #dealWith(message: MessageView): Promise<void> {
    const { messageId } = message
    this.#underWay.add(messageId)
    try {
      await this.#options.handle(message)
      this.#remember(messageId)
      this.#acknowledgeSoon(messageId)
    } catch (error) {
      this.#options.onError(errorOf(error))
    } finally {
      this.#underWay.delete(messageId)
    }
  }

  #acknowledgeSoon(messageId: string): void {
    this.#due.add(messageId)
    if (this.#isFlushDue) return
    this.#isFlushDue = true
    // What is dealt with in the same turn goes in the same frame.
    setImmediate(() => {
      this.#isFlushDue = false
      this.flush()
    })
  }

  #forgetDue(messageIds: readonly string[]): void {
    for (const messageId of messageIds) this.#due.delete(messageId)
  }

  #remember(messageId: string): void {
    this.#done.add(messageId)
    if (this.#done.size <= REMEMBERED_MAX) return
    for (const oldest of this.#done) {
      this.#done.delete(oldest)
      return
    }
  }
}
