import type { SwarmEvent } from '../model/events.ts'
import type { EventPage } from '../ports/swarm-store.ts'

/** The newest events of one log in memory: contiguous, at most `countMax`, oldest dropped first. */
export class EventTail {
  readonly #countMax: number
  #events: SwarmEvent[] = []
  #lastSequence = 0

  constructor(countMax: number) {
    this.#countMax = countMax
  }

  get lastSequence(): number {
    return this.#lastSequence
  }

  append(events: readonly SwarmEvent[]): void {
    for (const event of events) {
      // After a jump (another node wrote meanwhile) only what follows it is contiguous.
      if (event.sequence !== this.#lastSequence + 1) this.#events = []
      this.#events.push(event)
      this.#lastSequence = event.sequence
    }
    // Cut seldom and by much: shifting one at a time would copy the array with every event.
    if (this.#events.length > 2 * this.#countMax) this.#events = this.#events.slice(-this.#countMax)
  }

  /**
   * Events up to this number exist, but not here. A number that is not above ours says nothing new, or that the log
   * lost its tail and gives our numbers again: what is in memory is not trusted then.
   */
  announce(lastSequence: number): void {
    this.forget()
    this.#lastSequence = Math.max(this.#lastSequence, lastSequence)
  }

  /** Keeps the newest number alone, where the store may have lost what is in memory. */
  forget(): void {
    this.#events = []
  }

  /** The events after `after`; undefined where the tail does not reach back that far. */
  read(after: number, countMax: number): EventPage | undefined {
    const [first] = this.#events
    if (first === undefined || after < first.sequence - 1 || after > this.#lastSequence) return undefined
    const start = after - first.sequence + 1
    return {
      events: this.#events.slice(start, start + countMax),
      firstSequence: first.sequence,
      lastSequence: this.#lastSequence,
    }
  }
}
