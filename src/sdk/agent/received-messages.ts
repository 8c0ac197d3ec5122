import type { MessageView } from '#contract/index.ts'
import { LIMITS } from '#contract/limits.ts'

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
  #due: string[] = []
  #isFlushing = false

  constructor(options: ReceivedMessagesOptions) {
    this.#options = options
  }

  receive(message: MessageView): void {
    const { messageId, isDurable } = message
    if (!isDurable) {
      this.#options.handle(message).catch((error: Error) => this.#options.onError(error))
      return
    }
    if (this.#underWay.has(messageId)) return
    if (this.#done.has(messageId)) this.#acknowledgeSoon(messageId)
    else void this.#dealWith(message)
  }

  /** Tells the swarm, in one go, what is due. */
  flush(): void {
    if (this.#isFlushing || this.#due.length === 0) return
    this.#isFlushing = true
    const messageIds = this.#due.splice(0, LIMITS.acknowledgedMax)
    this.#options.acknowledge(messageIds).then(
      (isTold) => {
        this.#isFlushing = false
        if (isTold) this.flush()
        // Without a connection it is delivered again, and then acknowledged.
        else this.#due = []
      },
      (error: Error) => {
        this.#isFlushing = false
        this.#options.onError(error)
      },
    )
  }

  async #dealWith(message: MessageView): Promise<void> {
    const { messageId } = message
    this.#underWay.add(messageId)
    try {
      await this.#options.handle(message)
      this.#remember(messageId)
      this.#acknowledgeSoon(messageId)
    } catch (error) {
      this.#options.onError(error as Error)
    } finally {
      this.#underWay.delete(messageId)
    }
  }

  #acknowledgeSoon(messageId: string): void {
    this.#due.push(messageId)
    // What is dealt with in the same turn goes in the same frame.
    if (this.#due.length === 1) setImmediate(() => this.flush())
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
