import { allRecords } from '../../kernel/all-records.ts'
import type { Projection } from '../../kernel/projection.ts'
import type { Reminders } from '../../kernel/reminders.ts'
import { type SwarmJournal, unchanged } from '../../kernel/swarm-journal.ts'
import { isSwarmError, SwarmError } from '../../model/errors.ts'
import type { SwarmEvent } from '../../model/events.ts'
import type { PatternSettings } from '../../model/pattern-settings.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Random } from '../../ports/random.ts'
import { put } from '../../ports/records.ts'
import type { SwarmStore } from '../../ports/swarm-store.ts'
import { EmergentBehavior } from './emergent-behavior.ts'
import type { PatternActions } from './pattern-actions.ts'
import { PATTERN_RECORDS, type PatternRecord } from './pattern-record.ts'
import { PatternResponder } from './pattern-responder.ts'
import type { PatternService, ReviewPatternRequest } from './pattern-service.ts'
import type { PatternChange } from './pattern-tracker.ts'
import { PatternWriter } from './pattern-writer.ts'

export interface PatternKeeperOptions {
  /** Read with every batch of events, since a swarm's settings can be changed. */
  settings(): PatternSettings
}

export interface PatternKeeperModules {
  readonly journal: SwarmJournal
  readonly store: SwarmStore
  readonly reminders: Reminders
  readonly actions: PatternActions
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** Sequence number of the newest event of the log. */
  lastSequence(): number
}

/** Events before a takeover that the detectors read again, so that their windows are full. */
const WARM_UP_EVENTS = 5_000
const PAGE = 1_000

/**
 * Notices patterns while the swarm runs: a projection that reads the log, writes what it noticed as records with events
 * of their own, and responds where the settings say so. The detectors' windows are volatile: after a takeover they
 * are filled again from the newest part of the log, and active patterns are taken up from their records.
 */
export class PatternKeeper implements PatternService, Projection {
  readonly name = 'patterns'
  readonly #options: PatternKeeperOptions
  readonly #modules: PatternKeeperModules
  readonly #writer: PatternWriter
  readonly #responder: PatternResponder
  readonly #behavior: EmergentBehavior
  #settings: PatternSettings
  /** What came while the past is still being read. */
  #early: SwarmEvent[] | undefined = []
  #isStopped = false

  constructor(options: PatternKeeperOptions, modules: PatternKeeperModules) {
    this.#options = options
    this.#modules = modules
    this.#settings = options.settings()
    this.#behavior = new EmergentBehavior(this.#settings)
    this.#writer = new PatternWriter(modules)
    this.#responder = new PatternResponder(modules)
  }

  /** Takes up what an earlier coordinatorship left. */
  async recover(): Promise<void> {
    const { store, journal } = this.#modules
    for await (const { value } of allRecords(store, journal.scope, PATTERN_RECORDS, { openOnly: true }))
      this.#behavior.adopt(value)
    const last = await this.#warmUp()
    const early = this.#early ?? []
    this.#early = undefined
    this.read(early.filter(({ sequence }) => sequence > last))
  }

  read(events: readonly SwarmEvent[]): void {
    if (this.#isStopped) return
    if (this.#early !== undefined) {
      this.#early.push(...events)
      return
    }
    const settings = this.#options.settings()
    if (settings !== this.#settings) {
      this.#settings = settings
      for (const change of this.#behavior.configure(settings)) this.#note(change)
    }
    for (const event of events) for (const change of this.#behavior.read(event)) this.#note(change)
  }

  async review({ patternId, verdict, by, note }: ReviewPatternRequest): Promise<PatternRecord> {
    const { journal, clock } = this.#modules
    return journal.transact([{ kind: PATTERN_RECORDS, id: patternId }] as const, ([stored]) => {
      if (stored === undefined) throw new SwarmError('pattern_not_found', { patternId })
      const review = { verdict, by, at: clock.now(), ...(note === undefined ? {} : { note }) }
      const record = { ...stored.value, review }
      const isOpen = record.status === 'active'
      return { ...unchanged(record), writes: [put(PATTERN_RECORDS, patternId, record, { isOpen })] }
    })
  }

  stop(): void {
    this.#isStopped = true
  }

  /** @returns the newest sequence number that was read */
  async #warmUp(): Promise<number> {
    const { store, journal } = this.#modules
    const last = this.#modules.lastSequence()
    let after = Math.max(0, last - WARM_UP_EVENTS)
    while (after < last) {
      const { events } = await store.readEvents(journal.scope, after, PAGE)
      for (const event of events) this.#behavior.warmUp(event)
      // What is left is damaged, and cannot be read.
      if (events.length === 0) break
      after = events.at(-1)?.sequence ?? last
    }
    return after
  }

  #note(change: PatternChange): void {
    this.#writer.write(change)
    const { kind } = change.pattern
    if (change.type === 'ended' || !this.#settings[kind].isResponding) return
    void this.#respond(change)
  }

  async #respond({ pattern }: PatternChange): Promise<void> {
    const { logger } = this.#modules
    try {
      const record = await this.#writer.written(pattern)
      if (this.#isStopped || record === undefined || record.review?.verdict === 'dismissed') return
      const response = await this.#responder.respond(pattern, record.responses)
      if (response !== undefined) await this.#writer.responded(pattern, response)
    } catch (error) {
      if (isSwarmError(error, 'not_coordinator')) return
      logger.warn({ error, patternId: pattern.patternId }, 'response to a pattern failed')
    }
  }
}
