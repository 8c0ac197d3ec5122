export interface MessageCounts {
  readonly sent: number
  /** Edges of the topology the messages passed. */
  readonly hops: number
  readonly delivered: number
  readonly refused: number
}

/** Topics counted apart; further ones are counted together. */
const TOPICS_MAX = 200
const OTHER_TOPICS = 'topic:*'

/** What communication costs, per kind of message and per topic. */
export class MessageMeter {
  readonly #counts = new Map<string, { -readonly [K in keyof MessageCounts]: number }>()

  sent(kind: string, hops: number, delivered: number): void {
    const counts = this.#countsOf(kind)
    counts.sent += 1
    counts.hops += hops
    counts.delivered += delivered
  }

  refused(kind: string): void {
    this.#countsOf(kind).refused += 1
  }

  report(): Readonly<Record<string, MessageCounts>> {
    return Object.fromEntries([...this.#counts].map(([kind, counts]) => [kind, { ...counts }]))
  }

  #countsOf(kind: string): { -readonly [K in keyof MessageCounts]: number } {
    const name = this.#counts.has(kind) || this.#counts.size < TOPICS_MAX ? kind : OTHER_TOPICS
    const present = this.#counts.get(name)
    if (present !== undefined) return present
    const fresh = { sent: 0, hops: 0, delivered: 0, refused: 0 }
    this.#counts.set(name, fresh)
    return fresh
  }
}
