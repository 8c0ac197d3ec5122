import type { Gap, SwarmEvent } from '#contract/index.ts'
import type { EventItem } from '#sdk/index.ts'

/** What one reader was given of the log, checked for what it may rely on. */
export class LogReading {
  readonly events: SwarmEvent[] = []
  readonly gaps: Gap[] = []
  /** Events twice or out of order, and holes that no gap admits. */
  readonly violations: string[] = []
  /** The highest number seen, as an event or in a gap. */
  #reached = 0

  get reached(): number {
    return this.#reached
  }

  take(item: EventItem): void {
    const expected = this.#reached + 1
    if (item.type === 'gap') this.#takeGap(item, expected)
    else this.#takeEvent(item.event, expected)
  }

  #takeEvent(event: SwarmEvent, expected: number): void {
    const { id, sequence } = event
    if (sequence < expected) this.violations.push(`event ${id} came after ${expected - 1}`)
    if (sequence > expected)
      this.violations.push(`numbers ${expected} to ${sequence - 1} are missing without a gap`)
    this.events.push(event)
    this.#reached = Math.max(this.#reached, sequence)
  }

  /** A gap may go back: what was read of a lost tail is void. */
  #takeGap({ fromSequence, toSequence, reason }: Gap, expected: number): void {
    if (fromSequence > expected)
      this.violations.push(`numbers ${expected} to ${fromSequence - 1} are missing before a gap`)
    this.gaps.push({ fromSequence, toSequence, reason })
    this.#reached = Math.max(this.#reached, toSequence)
  }
}
