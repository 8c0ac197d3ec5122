import { isSwarmError } from '../model/errors.ts'
import type { SwarmEvent } from '../model/events.ts'
import type { Scope, SwarmEpoch } from '../model/ids.ts'
import type { Logger } from '../ports/logger.ts'
import type { RecordKey } from '../ports/records.ts'
import type { RecordsOf, Step, SwarmStore } from '../ports/swarm-store.ts'
import type { Reminders } from './reminders.ts'

export interface SwarmJournalOptions {
  readonly scope: Scope
  readonly epoch: SwarmEpoch
  /** Of every step, as in a `StepRequest`. */
  readonly isBulk?: boolean
}

/** Who is told what the steps added to the event log. */
export interface EventSink {
  /** What a step of this coordinatorship committed. */
  append(events: readonly SwarmEvent[]): void
  /** Looks for events of steps that were not answered. @throws SwarmError `store_unavailable` */
  catchUp(): Promise<void>
}

export interface SwarmJournalModules {
  readonly store: SwarmStore
  readonly events: EventSink
  readonly reminders: Reminders
  readonly logger: Logger
  /** Called when the store refused this coordinatorship: another one has begun. */
  onFenced(): void
}

/** Pause before looking what became of steps that were not answered, in milliseconds. */
const CATCH_UP_MS = 1_000

/** A step with nothing to write. */
export function unchanged<T>(result: T): Step<T> {
  return { writes: [], events: [], ready: [], result }
}

/** Writes one swarm's steps under one coordinatorship, and passes what they committed to the event stream. */
export class SwarmJournal {
  readonly #options: SwarmJournalOptions
  readonly #modules: SwarmJournalModules
  #isCatchingUp = false

  constructor(options: SwarmJournalOptions, modules: SwarmJournalModules) {
    this.#options = options
    this.#modules = modules
  }

  get scope(): Scope {
    return this.#options.scope
  }

  get epoch(): SwarmEpoch {
    return this.#options.epoch
  }

  /** The same for what comes in herds: what agents ask for and report goes before it. */
  inBulk(): SwarmJournal {
    return new SwarmJournal({ ...this.#options, isBulk: true }, this.#modules)
  }

  /** As {@link SwarmStore.transact}. */
  async transact<const Keys extends readonly RecordKey[], T>(
    keys: Keys,
    decide: (records: RecordsOf<Keys>) => Step<T>,
  ): Promise<T> {
    const { store, events, logger } = this.#modules
    const { scope, epoch, isBulk = false } = this.#options
    const committed = await this.#guarded(() => store.transact({ scope, epoch, isBulk, keys, decide }))
    try {
      events.append(committed.events)
    } catch (error) {
      // What was committed stays committed, whatever becomes of those who are told.
      logger.error({ error, scope }, 'committed events not announced')
    }
    return committed.result
  }

  /** As {@link SwarmStore.drop}. */
  async drop(): Promise<void> {
    const { scope, epoch } = this.#options
    await this.#guarded(() => this.#modules.store.drop(scope, epoch))
  }

  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      this.#failed(error)
      throw error
    }
  }

  #failed(error: unknown): void {
    if (isSwarmError(error, 'not_coordinator')) this.#modules.onFenced()
    if (isSwarmError(error, 'store_unavailable')) this.#catchUpLater()
  }

  /** A step that was not answered may have been committed, and its events may be the last for a long time. */
  #catchUpLater(): void {
    if (this.#isCatchingUp) return
    this.#isCatchingUp = true
    this.#modules.reminders.set(CATCH_UP_MS, () => {
      this.#isCatchingUp = false
      this.#modules.events.catchUp().catch(() => this.#catchUpLater())
    })
  }
}
