import type { SwarmEvent } from '../model/events.ts'
import type { EventPage } from '../ports/swarm-store.ts'

/** A place in the log: after this number. With the epoch a reader can tell a lost tail from the same place. */
export interface EventCursor {
  readonly epoch?: number
  readonly sequence: number
}

export type StreamItem =
  | { readonly type: 'event'; readonly event: SwarmEvent }
  /** Numbers from…to (inclusive) cannot be read: `trimmed` by age, `lost` with the store's memory, or `damaged`. */
  | {
      readonly type: 'gap'
      readonly fromSequence: number
      readonly toSequence: number
      readonly reason: GapReason
    }

export type GapReason = 'trimmed' | 'lost' | 'damaged'

export interface EventReaderOptions {
  readonly since: EventCursor | undefined
  matches(event: SwarmEvent): boolean
  onClose(): void
}

export interface EventReaderModules {
  /** Events after a number: at once where they are in memory, else from the store. */
  read(after: number, countMax: number): EventPage | Promise<EventPage>
  /** The same from the store alone: memory may lack what was committed a moment ago. */
  readStored(after: number, countMax: number): EventPage | Promise<EventPage>
  /** The store has lost what memory may still hold: from now on {@link read} must not give it out. */
  onLoss(): void
}

/** Events read at once behind a damaged one. */
const LOOK_PAST_DAMAGE = 100

interface FirstReadable {
  readonly event: SwarmEvent | undefined
  readonly page: EventPage
  readonly isPastDamage: boolean
}

/**
 * One reader's way along the log. One caller at a time.
 *
 * The reader remembers the epoch of what it saw last. Where a later epoch begins behind it, what it saw may have been
 * lost with the store's tail and its numbers given again: it then goes back to the last event both have in common.
 */
export class EventReader {
  readonly #options: EventReaderOptions
  readonly #read: EventReaderModules['read']
  readonly #readStored: EventReaderModules['readStored']
  readonly #onLoss: EventReaderModules['onLoss']
  #position: number | undefined
  /** Of the event at the position; undefined where the reader cannot know. */
  #epoch: number | undefined
  /** Since the last event seen, numbers up to this one were reported missing. */
  #reportedTo = 0
  #isChecked = false
  #isClosed = false
  #isWoken = false
  #wake: () => void = () => undefined

  constructor(options: EventReaderOptions, { read, readStored, onLoss }: EventReaderModules) {
    this.#options = options
    this.#read = read
    this.#readStored = readStored
    this.#onLoss = onLoss
    this.#position = options.since?.sequence
    this.#epoch = options.since?.epoch
  }

  /** The last number looked at. */
  get position(): number {
    return this.#position ?? 0
  }

  /** At least one item, at most `countMax` and a gap, in order; waits for new ones. Empty once the reader is closed. */
  async next(countMax: number): Promise<readonly StreamItem[]> {
    while (!this.#isClosed) {
      this.#isWoken = false
      const { found, isAtEnd } = await this.scan(countMax)
      if (found.length > 0) return found
      if (isAtEnd) await this.#sleep()
    }
    return []
  }

  /** Looks at the next `lookMax` events, without waiting; at fewer where it has found `foundMax` of them. */
  async scan(
    lookMax: number,
    foundMax = lookMax,
  ): Promise<{ readonly found: readonly StreamItem[]; readonly isAtEnd: boolean }> {
    const from = this.#position ?? (await this.#startAtEnd())
    const found: StreamItem[] = []
    let page = await this.#read(from, lookMax)
    if (this.#mayHaveLost(from, page)) {
      const shared = await this.#lastShared(from)
      if (shared < from) {
        this.#report(found, shared + 1, from, 'lost')
        this.#onLoss()
        page = await this.#read(shared, lookMax)
      }
      this.#position = shared
    }
    this.#walk(page, found, foundMax)
    return { found, isAtEnd: page.events.length < lookMax && this.position >= page.lastSequence }
  }

  async #startAtEnd(): Promise<number> {
    const { lastSequence } = await this.#read(Number.MAX_SAFE_INTEGER, 1)
    const { events } = await this.#read(Math.max(0, lastSequence - 1), 1)
    this.#epoch = events.at(-1)?.epoch
    this.#position = lastSequence
    return lastSequence
  }

  /** A cursor brought along is looked up once; later on the log itself says when it began anew. */
  #mayHaveLost(position: number, { events, lastSequence }: EventPage): boolean {
    if (position === 0) return false
    const isFirst = !this.#isChecked
    this.#isChecked = true
    if (position > lastSequence) return true
    if (this.#epoch === undefined) return false
    return isFirst || (events[0] !== undefined && events[0].epoch > this.#epoch)
  }

  /**
   * The newest event at or before the position that the reader can have seen. Epochs never fall along the log, so that
   * a binary search finds it: the number of reads depends on how much is stored, never on the cursor.
   */
  async #lastShared(position: number): Promise<number> {
    const epoch = this.#epoch ?? Number.MAX_SAFE_INTEGER
    const isShared = (event: SwarmEvent | undefined): event is SwarmEvent =>
      event !== undefined && event.sequence <= position && event.epoch <= epoch

    const { event: oldest, page, isPastDamage } = await this.#firstReadable(0)
    if (!isShared(oldest)) {
      // Nothing that can be read is shared. Was something trimmed or damaged before it, the shared event may be there.
      const isAllKnown = page.firstSequence <= 1 && !isPastDamage
      return isAllKnown ? 0 : Math.min(position, page.lastSequence)
    }
    let low = oldest.sequence
    let high = Math.min(position, page.lastSequence)
    // Most cursors name an event that is still there: look at it first.
    for (let middle = high; low < high; middle = Math.ceil((low + high) / 2)) {
      const { event } = await this.#firstReadable(middle - 1)
      if (isShared(event)) low = event.sequence
      else high = middle - 1
    }
    return low
  }

  /** The first event after a number that is not damaged; undefined at the end of the log. */
  async #firstReadable(after: number): Promise<FirstReadable> {
    let page = await this.#readStored(after, 1)
    let isPastDamage = false
    for (let damaged = page.damaged?.at(-1); damaged !== undefined && page.events.length === 0; ) {
      isPastDamage = true
      page = await this.#readStored(damaged.toSequence, LOOK_PAST_DAMAGE)
      damaged = page.damaged?.at(-1)
    }
    return { event: page.events[0], page, isPastDamage }
  }

  #walk({ events, firstSequence, damaged = [] }: EventPage, found: StreamItem[], foundMax: number): void {
    let expected = this.position + 1
    const missing = (upTo: number): void => {
      if (upTo < expected) return
      this.#report(found, expected, upTo, expected < firstSequence ? 'trimmed' : 'lost')
      expected = upTo + 1
    }
    const ranges = damaged.values()
    let range = ranges.next().value
    const passDamaged = (before: number): void => {
      for (; range !== undefined && range.fromSequence < before; range = ranges.next().value) {
        missing(range.fromSequence - 1)
        if (range.toSequence < expected) continue
        this.#report(found, expected, range.toSequence, 'damaged')
        expected = range.toSequence + 1
      }
    }
    if (events.length === 0 && damaged.length === 0) missing(firstSequence - 1)
    for (const event of events) {
      if (found.length >= foundMax) break
      passDamaged(event.sequence)
      missing(event.sequence - 1)
      if (this.#options.matches(event)) found.push({ type: 'event', event })
      expected = event.sequence + 1
      this.#epoch = event.epoch
      this.#reportedTo = 0
    }
    if (found.length < foundMax) passDamaged(Number.POSITIVE_INFINITY)
    this.#position = expected - 1
  }

  #report(found: StreamItem[], from: number, toSequence: number, reason: GapReason): void {
    const fromSequence = Math.max(from, this.#reportedTo + 1)
    if (fromSequence <= toSequence) found.push({ type: 'gap', fromSequence, toSequence, reason })
    this.#reportedTo = Math.max(this.#reportedTo, toSequence)
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

  async #sleep(): Promise<void> {
    if (this.#isWoken || this.#isClosed) return
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
  }
}
