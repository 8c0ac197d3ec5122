import type { Logger } from '../ports/logger.ts'
import type { SwarmEvent } from '../ports/records.ts'
import type { EventPage } from '../ports/swarm-store.ts'

/** Derives what it knows from the event log. */
export interface Projection {
  /** The next events of the log, in order; each event comes once. */
  read(events: readonly SwarmEvent[]): void
}

export interface LogFeedModules {
  readonly logger: Logger
  /** Reads stored events after a sequence number. */
  readonly readStored: (after: number, countMax: number) => Promise<EventPage>
}

const PAGE = 500

/**
 * Feeds projections with every event that a coordinatorship commits, in order and without a gap. The store may commit a
 * step and not answer: the feed then reads the missing events from the log before it passes on later ones. An error of
 * a projection is logged, and neither reaches the step that wrote the event nor the other projections.
 */
export class LogFeed {
  readonly #modules: LogFeedModules
  readonly #projections = new Set<Projection>()
  /** The newest sequence number that was passed on. */
  #position = 0
  #catchingUp: Promise<void> | undefined

  constructor(modules: LogFeedModules) {
    this.#modules = modules
  }

  /** The projections that are added from now on know the log up to this number. */
  startAfter(sequence: number): void {
    this.#position = sequence
  }

  /** The returned function ends it. */
  add(projection: Projection): () => void {
    this.#projections.add(projection)
    return () => this.#projections.delete(projection)
  }

  /** Events that a step committed. */
  offer(events: readonly SwarmEvent[]): void {
    const next = events.filter(({ sequence }) => sequence > this.#position)
    const [first] = next
    if (first === undefined) return
    if (first.sequence === this.#position + 1 && this.#catchingUp === undefined) this.#pass(next)
    // Where the store does not answer, the next offer or the journal tries again.
    else this.catchUp().catch(() => undefined)
  }

  /** Passes on what the store has and was not told of. @throws SwarmError `store_unavailable` */
  catchUp(): Promise<void> {
    this.#catchingUp ??= this.#readOn().finally(() => {
      this.#catchingUp = undefined
    })
    return this.#catchingUp
  }

  async #readOn(): Promise<void> {
    for (;;) {
      const { events } = await this.#modules.readStored(this.#position, PAGE)
      if (events.length === 0) return
      this.#pass(events)
    }
  }

  #pass(events: readonly SwarmEvent[]): void {
    this.#position = events.at(-1)?.sequence ?? this.#position
    for (const projection of this.#projections) {
      try {
        projection.read(events)
      } catch (error) {
        this.#modules.logger.error({ error, sequence: this.#position }, 'projection failed')
      }
    }
  }
}
