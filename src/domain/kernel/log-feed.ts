import type { SwarmEvent } from '../model/events.ts'
import type { EventPage, SequenceRange } from '../ports/swarm-store.ts'
import type { Projection } from './projection.ts'
import type { ProjectionErrors } from './projection-errors.ts'

export interface LogFeedModules {
  readonly errors: ProjectionErrors
  /** Reads stored events after a sequence number. */
  readonly readStored: (after: number, countMax: number) => Promise<EventPage>
}

const PAGE = 500

/**
 * Feeds projections with every event that a coordinatorship commits, in order and without a gap. The store may commit a
 * step and not answer: the feed then reads the missing events from the log before it passes on later ones. An error of
 * a projection neither reaches the step that wrote the event nor the other projections.
 */
export class LogFeed {
  readonly #modules: LogFeedModules
  readonly #projections = new Set<Projection>()
  /** The newest sequence number that was passed on. */
  #position = 0
  /** The newest that a step is known to have committed. */
  #newest = 0
  #catchingUp: Promise<void> | undefined

  constructor(modules: LogFeedModules) {
    this.#modules = modules
  }

  /** Projections that are added now are told the events after this number. */
  get position(): number {
    return this.#position
  }

  /** The projections that are added from now on know the log up to this number. */
  startAfter(sequence: number): void {
    this.#position = sequence
    this.#newest = sequence
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
    this.#newest = next.at(-1)?.sequence ?? this.#newest
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
      const page = await this.#modules.readStored(this.#position, PAGE)
      const missing = missingIn(page, this.#position)
      if (page.events.length === 0 && missing.length === 0) {
        // What was offered meanwhile may be younger than the page.
        if (this.#position >= this.#newest) return
        continue
      }
      for (const range of missing) this.#passMissing(range)
      this.#pass(page.events)
      this.#position = Math.max(this.#position, missing.at(-1)?.toSequence ?? 0)
    }
  }

  /** One event after the other, so that an error costs a projection no other event. */
  #pass(events: readonly SwarmEvent[]): void {
    for (const event of events) {
      this.#position = event.sequence
      const one = [event]
      this.#tell(event.sequence, (projection) => projection.read(one))
    }
  }

  #passMissing(range: SequenceRange): void {
    this.#tell(range.toSequence, (projection) => projection.missed?.(range))
  }

  #tell(sequence: number, say: (projection: Projection) => void): void {
    for (const projection of this.#projections) {
      try {
        say(projection)
      } catch (error) {
        this.#modules.errors.add(projection.name, error, sequence)
      }
    }
  }
}

/** Numbers behind `after` whose events the page should have and has not: trimmed ones first, then damaged ones. */
export function missingIn(
  { firstSequence, damaged = [] }: EventPage,
  after: number,
): readonly SequenceRange[] {
  const trimmed =
    firstSequence > after + 1 ? [{ fromSequence: after + 1, toSequence: firstSequence - 1 }] : []
  return [...trimmed, ...damaged]
}
