import type { SwarmEvent } from '../ports/records.ts'
import type { EventPage } from '../ports/swarm-store.ts'

/** A place in the log: after this number. With the epoch a reader can tell a lost tail from the same place. */
export interface EventCursor {
  readonly epoch?: number
  readonly sequence: number
}

export type StreamItem =
  | { readonly type: 'event'; readonly event: SwarmEvent }
  /** Numbers from…to (inclusive) are not to be had: `trimmed` by age, or `lost` with the store's memory. */
  | {
      readonly type: 'gap'
      readonly fromSequence: number
      readonly toSequence: number
      readonly reason: 'trimmed' | 'lost'
    }

export interface EventReaderOptions {
  readonly since: EventCursor | undefined
  matches(event: SwarmEvent): boolean
  onClose(): void
}

export interface EventReaderModules {
  /** Events after a number: at once where they are in memory, else from the store. */
  read(after: number, countMax: number): EventPage | Promise<EventPage>
}

const LOOK_BACK_STEP = 500

/** One reader's way along the log. One caller at a time. */
export class EventReader {
  readonly #options: EventReaderOptions
  readonly #read: EventReaderModules['read']
  #position: number | undefined
  #epochToCheck: number | undefined
  #isClosed = false
  #isWoken = false
  #wake: () => void = () => undefined

  constructor(options: EventReaderOptions, { read }: EventReaderModules) {
    this.#options = options
    this.#read = read
    this.#position = options.since?.sequence
    this.#epochToCheck = options.since?.epoch
  }

  /** The last number looked at. */
  get position(): number {
    return this.#position ?? 0
  }

  /** At least one item, at most `countMax`, in order; waits for new ones. Empty once the reader is closed. */
  async next(countMax: number): Promise<readonly StreamItem[]> {
    while (!this.#isClosed) {
      this.#isWoken = false
      const { found, isAtEnd } = await this.scan(countMax)
      if (found.length > 0) return found
      if (isAtEnd) await this.#sleep()
    }
    return []
  }

  /** Looks at the next `countMax` events, without waiting. */
  async scan(
    countMax: number,
  ): Promise<{ readonly found: readonly StreamItem[]; readonly isAtEnd: boolean }> {
    if (this.#position === undefined) {
      this.#position = (await this.#read(Number.MAX_SAFE_INTEGER, 1)).lastSequence
    }
    const found: StreamItem[] = []
    if (this.#epochToCheck !== undefined) {
      const gap = await this.#findLostTail(this.#position, this.#epochToCheck)
      this.#epochToCheck = undefined
      if (gap !== undefined) found.push(gap)
    }
    const page = await this.#read(this.#position, countMax)
    if (this.#position > page.lastSequence) {
      found.push({
        type: 'gap',
        fromSequence: page.lastSequence + 1,
        toSequence: this.#position,
        reason: 'lost',
      })
      this.#position = page.lastSequence
    }
    let expected = this.#position + 1
    if (page.events.length === 0 && expected < page.firstSequence) {
      found.push({
        type: 'gap',
        fromSequence: expected,
        toSequence: page.firstSequence - 1,
        reason: 'trimmed',
      })
      expected = page.firstSequence
    }
    for (const event of page.events) {
      if (event.sequence > expected) {
        const reason = expected < page.firstSequence ? 'trimmed' : 'lost'
        found.push({ type: 'gap', fromSequence: expected, toSequence: event.sequence - 1, reason })
      }
      if (this.#options.matches(event)) found.push({ type: 'event', event })
      expected = event.sequence + 1
    }
    this.#position = expected - 1
    return { found, isAtEnd: page.events.length < countMax && this.#position >= page.lastSequence }
  }

  wake(): void {
    this.#isWoken = true
    this.#wake()
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.wake()
    this.#options.onClose()
  }

  /**
   * Where the cursor's number now bears another epoch's event, or none, what the reader saw there was lost: it goes
   * back to the last event that it can have seen.
   */
  async #findLostTail(position: number, epoch: number): Promise<StreamItem | undefined> {
    let shared = position
    for (let isFound = false; !isFound && shared > 0; ) {
      const from = Math.max(0, shared - LOOK_BACK_STEP)
      const { events, firstSequence } = await this.#read(from, LOOK_BACK_STEP)
      const match = events.findLast((event) => event.sequence <= position && event.epoch <= epoch)
      isFound = match !== undefined || from < firstSequence
      shared = match?.sequence ?? from
      if (match === undefined && isFound) return undefined
    }
    if (shared === position) return undefined
    this.#position = shared
    return { type: 'gap', fromSequence: shared + 1, toSequence: position, reason: 'lost' }
  }

  async #sleep(): Promise<void> {
    if (this.#isWoken || this.#isClosed) return
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
  }
}
