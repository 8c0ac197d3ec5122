import { isSwarmError } from '../model/errors.ts'
import type { SwarmEvent } from '../model/events.ts'
import type { Logger } from '../ports/logger.ts'
import type { SequenceRange, SwarmStore } from '../ports/swarm-store.ts'
import { missingIn } from './log-feed.ts'
import type { Projection } from './projection.ts'
import type { ProjectionErrors } from './projection-errors.ts'
import { type Snapshot, SnapshotRecords } from './projection-snapshots.ts'
import type { Reminders } from './reminders.ts'
import type { SwarmJournal } from './swarm-journal.ts'

/** State that a {@link DurableProjection} keeps over restarts and takeovers. It is told nothing before `restore` or `clear`. */
export interface DurableState {
  /** Names its records for good, and it in logs and metrics: lower-case letters, digits and `_`. */
  readonly name: string
  /** Version of the format of its chunks, 1 or more. */
  readonly format: number
  /** One event, in order. Must not wait. */
  read(event: SwarmEvent): void
  /**
   * The state as it stands, in pieces of plain JSON data of at most about 64 KiB as text, 4 096 of them at most. Taken
   * between two events; what it returns must not change afterwards.
   */
  snapshot(): readonly unknown[]
  /** Takes up a snapshot. What it throws, for instance where it does not know the format, makes it begin from {@link clear}. */
  restore(chunks: readonly unknown[], format: number): void
  /** Back to the state before the first event. */
  clear(): void
  /** The log begins after what the state holds: where it can, the state makes up for the events from the records. */
  rebuild?(): Promise<void>
}

export interface DurableProjectionOptions {
  /** A snapshot is written after so many events; 1 000 by default. */
  readonly everyEvents?: number
  /** And at the latest so long after the first event that no snapshot holds, in milliseconds; 10 000 by default. */
  readonly everyMs?: number
}

export interface DurableProjectionModules {
  readonly store: SwarmStore
  readonly journal: SwarmJournal
  readonly reminders: Reminders
  readonly logger: Logger
  readonly errors: ProjectionErrors
}

const PAGE = 500
/** Pause before the store is asked again, in milliseconds. */
const TRY_AGAIN_MS = 1_000

/**
 * A projection with state of its own. The state is written as a snapshot every so many events or seconds, under the
 * coordinatorship; another coordinatorship takes the newest snapshot and the log after it. Where the log begins after the
 * snapshot the state is incomplete, and says so.
 *
 * To be added to the feed before it catches up: what the feed passes on meanwhile is read from the log.
 */
export class DurableProjection implements Projection {
  readonly name: string
  readonly #state: DurableState
  readonly #everyEvents: number
  readonly #everyMs: number
  readonly #modules: DurableProjectionModules
  readonly #records: SnapshotRecords
  /** What the state holds of the log. */
  #cursor = 0
  /** The newest number that the feed has told of. */
  #newest = 0
  #isIncomplete = false
  #isLive = false
  #unsavedCount = 0
  #isSaving = false
  #cancelSave: (() => void) | undefined

  constructor(state: DurableState, options: DurableProjectionOptions, modules: DurableProjectionModules) {
    this.name = state.name
    this.#state = state
    this.#everyEvents = options.everyEvents ?? 1_000
    this.#everyMs = options.everyMs ?? 10_000
    this.#modules = modules
    this.#records = new SnapshotRecords(state.name, modules)
  }

  /** The state holds what the log tells up to this sequence number. */
  get cursor(): number {
    return this.#cursor
  }

  /** False while it still reads what was written before the coordinatorship began. */
  get isReady(): boolean {
    return this.#isLive
  }

  /** Events are missing from the state: it was made after they had left the log, or they were damaged. */
  get isIncomplete(): boolean {
    return this.#isIncomplete
  }

  /** Takes up the newest snapshot and reads the log from there on. Resolves when it is at the end of the log. */
  async catchUp(): Promise<void> {
    try {
      await this.#untilAnswered(async () => this.#restore(await this.#records.newest()))
      while (!this.#isLive) await this.#untilAnswered(() => this.#readOn())
    } catch (error) {
      this.#modules.errors.add(this.name, error, this.#cursor)
    }
  }

  read(events: readonly SwarmEvent[]): void {
    this.#newest = events.at(-1)?.sequence ?? this.#newest
    if (this.#isLive) for (const event of events) this.#readOne(event)
  }

  missed({ toSequence }: SequenceRange): void {
    this.#newest = toSequence
    if (!this.#isLive) return
    this.#cursor = toSequence
    this.#isIncomplete = true
  }

  #restore(snapshot: Snapshot | undefined): void {
    if (snapshot !== undefined) {
      try {
        this.#state.restore(snapshot.chunks, snapshot.format)
        this.#cursor = snapshot.cursor
        this.#isIncomplete = snapshot.isIncomplete
        return
      } catch (error) {
        this.#modules.errors.add(this.name, error, snapshot.cursor)
      }
    }
    this.#state.clear()
  }

  async #readOn(): Promise<void> {
    const { store, journal } = this.#modules
    const page = await store.readEvents(journal.scope, this.#cursor, PAGE)
    const missing = missingIn(page, this.#cursor)
    if (missing.length > 0) this.#isIncomplete = true
    if (page.firstSequence > this.#cursor + 1) await this.#rebuild()
    for (const event of page.events) this.#readOne(event)
    this.#cursor = Math.max(this.#cursor, missing.at(-1)?.toSequence ?? 0)
    const isAtEnd = page.events.length === 0 && missing.length === 0
    if (isAtEnd && this.#cursor >= this.#newest) this.#isLive = true
  }

  async #rebuild(): Promise<void> {
    try {
      await this.#state.rebuild?.()
    } catch (error) {
      if (isSwarmError(error, 'store_unavailable')) throw error
      this.#modules.errors.add(this.name, error, this.#cursor)
    }
  }

  #readOne(event: SwarmEvent): void {
    try {
      this.#state.read(event)
    } catch (error) {
      this.#modules.errors.add(this.name, error, event.sequence)
    }
    this.#cursor = event.sequence
    this.#unsavedCount += 1
    if (this.#unsavedCount >= this.#everyEvents) void this.#save()
    else this.#saveWithin(this.#everyMs)
  }

  #saveWithin(delayMs: number): void {
    this.#cancelSave ??= this.#modules.reminders.set(delayMs, () => {
      this.#cancelSave = undefined
      void this.#save()
    })
  }

  async #save(): Promise<void> {
    if (this.#isSaving || this.#unsavedCount === 0) return
    this.#isSaving = true
    this.#cancelSave?.()
    this.#cancelSave = undefined
    const count = this.#unsavedCount
    this.#unsavedCount = 0
    try {
      await this.#records.write({
        format: this.#state.format,
        cursor: this.#cursor,
        isIncomplete: this.#isIncomplete,
        chunks: this.#state.snapshot(),
      })
    } catch (error) {
      this.#unsavedCount += count
      if (isSwarmError(error))
        this.#modules.logger.debug({ error, projection: this.name }, 'snapshot not written')
      else this.#modules.errors.add(this.name, error, this.#cursor)
    } finally {
      this.#isSaving = false
    }
    if (this.#unsavedCount > 0) this.#saveWithin(this.#everyMs)
  }

  /** Repeats what the store does not answer, until the coordinatorship ends. */
  async #untilAnswered(work: () => Promise<void>): Promise<void> {
    const { reminders } = this.#modules
    for (;;) {
      try {
        await work()
        return
      } catch (error) {
        if (!isSwarmError(error, 'store_unavailable')) throw error
        await new Promise<void>((resolve) => reminders.set(TRY_AGAIN_MS, resolve))
      }
    }
  }
}
