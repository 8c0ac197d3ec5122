import type { EventType, SwarmEvent } from '#contract/index.ts'
import type { EventItem, SwarmClient } from '#sdk/index.ts'

/** Events of one type, waited for one after another. */
export class AmosEvents<T extends EventType> {
  readonly #type: T
  readonly #closing = new AbortController()
  readonly #items: AsyncIterator<EventItem>

  constructor(client: SwarmClient, type: T) {
    this.#type = type
    this.#items = client.events({ types: [type], signal: this.#closing.signal })[Symbol.asyncIterator]()
  }

  /** The next one that fits. @throws Error where the log ends or has a gap before */
  async next(
    fits: (event: Extract<SwarmEvent, { type: T }>) => boolean,
  ): Promise<Extract<SwarmEvent, { type: T }>> {
    for (;;) {
      const next = await this.#items.next()
      if (next.done === true || next.value.type === 'gap')
        throw new Error(`no more ${this.#type} is to be had`)
      const event = next.value.event as Extract<SwarmEvent, { type: T }>
      if (event.type === this.#type && fits(event)) return event
    }
  }

  close(): void {
    this.#closing.abort()
  }
}
