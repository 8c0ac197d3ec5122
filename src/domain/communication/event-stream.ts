import { LogFeed } from '../kernel/log-feed.ts'
import type { Projection } from '../kernel/projection.ts'
import { ProjectionErrors } from '../kernel/projection-errors.ts'
import { SwarmError } from '../model/errors.ts'
import type { SwarmEvent } from '../model/events.ts'
import type { Scope, SwarmEpoch } from '../model/ids.ts'
import type { Cancellation } from '../ports/cancellation.ts'
import type { Logger } from '../ports/logger.ts'
import type { Peers } from '../ports/peers.ts'
import type { SwarmStore } from '../ports/swarm-store.ts'
import { type EventFilter, matchesEvent } from './event-filter.ts'
import { type EventCursor, EventReader, type StreamItem } from './event-reader.ts'
import { EventTail } from './event-tail.ts'

/** Events read for one page at most, so that a filter that matches nothing cannot read the whole log. */
const SCAN_MAX = 10_000
const SCAN_STEP = 500
/** An operator has to accept the loss first. */
const LOST_RETRY_AFTER_MS = 1_000

export interface EventPageReply {
  readonly items: readonly StreamItem[]
  /** Read on after this number. */
  readonly nextSequence: number
  readonly lastSequence: number
}

export interface EventStreamOptions {
  readonly scope: Scope
  /** The newest events kept in memory for readers that keep up. */
  readonly tailMax: number
}

export interface EventStreamModules {
  readonly store: SwarmStore
  readonly peers: Peers
  readonly logger: Logger
}

/**
 * The ordered event log of one swarm, as this node offers it to readers.
 *
 * A reader pulls: one that keeps up is served from the newest events in memory, one that fell behind from the store,
 * so that no reader costs more memory than the page it asked for.
 */
export class EventStream {
  readonly #scope: Scope
  readonly #store: SwarmStore
  readonly #peers: Peers
  readonly #tail: EventTail
  readonly #readers = new Set<EventReader>()
  readonly #feed: LogFeed
  /** Of the projections that this node has fed. */
  readonly projectionErrors: ProjectionErrors
  /** Of the coordinatorship that this node has now. */
  #epoch: SwarmEpoch | undefined

  constructor({ scope, tailMax }: EventStreamOptions, { store, peers, logger }: EventStreamModules) {
    this.#scope = scope
    this.#store = store
    this.#peers = peers
    this.#tail = new EventTail(tailMax)
    const readStored = (after: number, countMax: number) => store.readEvents(scope, after, countMax)
    this.projectionErrors = new ProjectionErrors({ logger })
    this.#feed = new LogFeed({ errors: this.projectionErrors, readStored })
  }

  /** The newest number this node has seen. */
  get lastSequence(): number {
    return this.#tail.lastSequence
  }

  /** A coordinatorship begins on this node, with these events. The store may hold less than is in memory. */
  begin(epoch: SwarmEpoch, events: readonly SwarmEvent[]): void {
    this.#epoch = epoch
    this.#tail.forget()
    this.#feed.startAfter(events.at(-1)?.sequence ?? this.lastSequence)
    this.append(events)
  }

  /** The coordinatorship has ended; nobody tells this node any more when the store loses something. */
  end(): void {
    this.#epoch = undefined
    this.#tail.forget()
  }

  /** What this node's own steps committed, in order. */
  append(events: readonly SwarmEvent[]): void {
    const last = events.at(-1)
    if (last === undefined) return
    this.#peers.announceAppended(this.#scope, last.sequence)
    if (last.epoch !== this.#epoch) {
      // The answer came after the end of its coordinatorship: the store may have lost the events by now.
      this.announced(last.sequence)
      return
    }
    this.#tail.append(events)
    this.#feed.offer(events)
    this.#wakeReaders()
  }

  /** Another node committed events up to this number. */
  announced(lastSequence: number): void {
    this.#tail.announce(lastSequence)
    this.#wakeReaders()
  }

  /** The store has lost data: readers look what is gone. */
  lost(): void {
    this.#tail.forget()
    this.#wakeReaders()
  }

  /** Looks in the store for events that were committed though their writer was not told. */
  async catchUp(): Promise<void> {
    if (this.#epoch !== undefined) await this.#feed.catchUp()
    const { lastSequence } = await this.#store.readEvents(this.#scope, this.#tail.lastSequence, 1)
    if (lastSequence <= this.#tail.lastSequence) return
    this.#peers.announceAppended(this.#scope, lastSequence)
    this.announced(lastSequence)
  }

  /** Feeds the projection with every event that the present coordinatorship commits. The returned function ends it. */
  feed(projection: Projection): () => void {
    return this.#feed.add(projection)
  }

  /**
   * One page, without waiting. A cancelled one is what was found until then.
   *
   * @throws SwarmError `store_unavailable` for the beginning of a log that the store has lost: it would look empty
   */
  async page(
    after: EventCursor,
    countMax: number,
    filter: EventFilter,
    cancellation?: Cancellation,
  ): Promise<EventPageReply> {
    const { loss, reason = '' } = this.#store.status()
    if (loss !== undefined && after.sequence === 0)
      throw new SwarmError('store_unavailable', { reason, retryAfterMs: LOST_RETRY_AFTER_MS })
    const reader = this.#open(after, filter)
    const items: StreamItem[] = []
    let lookMax = Math.min(SCAN_STEP, countMax)
    for (let looked = 0; looked < SCAN_MAX && items.length < countMax; ) {
      const { found, isAtEnd } = await reader.scan(lookMax, countMax - items.length)
      items.push(...found)
      if (isAtEnd || cancellation?.aborted === true) break
      looked += lookMax
      // In larger and larger steps where the filter lets little through: each may be a question to the store.
      lookMax = Math.min(SCAN_STEP, 2 * lookMax)
    }
    const { lastSequence } = await this.#store.readEvents(this.#scope, reader.position, 1)
    return { items, nextSequence: reader.position, lastSequence: Math.max(lastSequence, reader.position) }
  }

  /** A live reader from after `since`, or from the end of the log where that is undefined. To be closed. */
  reader(since: EventCursor | undefined, filter: EventFilter): EventReader {
    const reader = this.#open(since, filter, () => {
      if (this.#readers.delete(reader)) this.#peers.unwatch(this.#scope)
    })
    this.#readers.add(reader)
    this.#peers.watch(this.#scope)
    return reader
  }

  /** Ends all readers. */
  close(): void {
    for (const reader of this.#readers) reader.close()
  }

  #open(
    since: EventCursor | undefined,
    filter: EventFilter,
    onClose: () => void = () => undefined,
  ): EventReader {
    const readStored = (after: number, countMax: number) =>
      this.#store.readEvents(this.#scope, after, countMax)
    const read = (after: number, countMax: number) =>
      this.#tail.read(after, countMax) ?? readStored(after, countMax)
    const matches = (event: SwarmEvent): boolean => matchesEvent(event, filter)
    const onLoss = (): void => this.#tail.forget()
    return new EventReader({ since, matches, onClose }, { read, readStored, onLoss })
  }

  #wakeReaders(): void {
    for (const reader of this.#readers) reader.wake()
  }
}
