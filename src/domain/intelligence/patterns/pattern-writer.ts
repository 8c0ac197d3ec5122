import type { Reminders } from '../../kernel/reminders.ts'
import { type SwarmJournal, unchanged } from '../../kernel/swarm-journal.ts'
import { isSwarmError } from '../../model/errors.ts'
import type { EventDraft } from '../../model/events.ts'
import { eventDraft } from '../../model/events.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import { put, type RecordWrite, remove, type StoredRecord } from '../../ports/records.ts'
import type { SwarmStore } from '../../ports/swarm-store.ts'
import {
  PATTERN_RECORDS,
  type PatternRecord,
  type PatternResponse,
  RESPONSES_KEPT_MAX,
} from './pattern-record.ts'
import type { Pattern, PatternChange } from './pattern-tracker.ts'

export interface PatternWriterModules {
  readonly journal: SwarmJournal
  readonly store: SwarmStore
  readonly reminders: Reminders
  readonly clock: Clock
  readonly logger: Logger
}

/** Patterns kept; past it the oldest ended ones are removed. */
export const PATTERNS_KEPT_MAX = 1_000
const REMOVED_AT_ONCE = 50
/** Pause before another try where the store refused, in milliseconds. */
const TRY_AGAIN_MS = 500
/** A pattern that is only seen again is written at most this often, in milliseconds. */
const SEEN_AGAIN_MS = 1_000

/** What is to be written of one pattern. */
interface Pending {
  pattern: Pattern
  readonly events: EventDraft[]
}

/**
 * Writes patterns: each detection and each end is one step with its event. What an operator and the responses added to a
 * record stays. A step is repeated until it is written or another coordinatorship has begun.
 */
export class PatternWriter {
  readonly #modules: PatternWriterModules
  readonly #pending = new Map<string, Pending>()
  #writing: Promise<void> | undefined
  #isDelayed = false

  constructor(modules: PatternWriterModules) {
    this.#modules = modules
  }

  write({ type, pattern }: PatternChange): void {
    const pending = this.#pending.get(pattern.patternId) ?? { pattern, events: [] }
    pending.pattern = pattern
    if (type !== 'seen_again') pending.events.push(this.#event(type, pattern))
    this.#pending.set(pattern.patternId, pending)
    if (type !== 'seen_again') this.#writing ??= this.#writeAll()
    else if (!this.#isDelayed) this.#writeLater(SEEN_AGAIN_MS)
  }

  /** The record of a pattern, once all that is known of it was written; undefined where it was removed. */
  async written({ patternId }: Pattern): Promise<PatternRecord | undefined> {
    while (this.#writing !== undefined) await this.#writing
    const { store, journal } = this.#modules
    return (await store.get(journal.scope, { kind: PATTERN_RECORDS, id: patternId }))?.value
  }

  async responded({ patternId, kind }: Pattern, response: PatternResponse): Promise<void> {
    const { journal } = this.#modules
    const { action, agentIds, taskIds, durationMs, at } = response
    const data = { kind, action, agentIds, taskIds, durationMs }
    await journal.transact([{ kind: PATTERN_RECORDS, id: patternId }] as const, ([stored]) => {
      if (stored === undefined) return unchanged(null)
      const responses = [...stored.value.responses, response].slice(-RESPONSES_KEPT_MAX)
      return {
        ...unchanged(null),
        writes: [writeOf({ ...stored.value, responses })],
        events: [eventDraft('pattern.responded', patternId, at, data)],
      }
    })
  }

  async #writeAll(): Promise<void> {
    const { logger } = this.#modules
    try {
      for (let next = this.#first(); next !== undefined; next = this.#first()) {
        await this.#step(next)
        if (this.#pending.get(next.pattern.patternId) === next) this.#pending.delete(next.pattern.patternId)
        if (next.pattern.status === 'ended') await this.#removeOldest()
      }
    } catch (error) {
      // Another coordinatorship has begun, and judges for itself.
      if (!isSwarmError(error, 'not_coordinator')) {
        logger.warn({ error }, 'pattern not written')
        this.#writeLater(TRY_AGAIN_MS)
      }
    } finally {
      this.#writing = undefined
    }
  }

  #first(): Pending | undefined {
    const [first] = this.#pending.values()
    return first
  }

  #writeLater(delayMs: number): void {
    this.#isDelayed = true
    this.#modules.reminders.set(delayMs, () => {
      this.#isDelayed = false
      this.#writing ??= this.#writeAll()
    })
  }

  async #step(pending: Pending): Promise<void> {
    const { pattern } = pending
    const events = pending.events.slice()
    await this.#modules.journal.transact(
      [{ kind: PATTERN_RECORDS, id: pattern.patternId }] as const,
      ([stored]) => {
        const { review, responses = [] } = stored?.value ?? {}
        const record = { ...pattern, responses, ...(review === undefined ? {} : { review }) }
        return {
          ...unchanged(null),
          writes: [writeOf(record)],
          events: events.filter(({ type }) => !isWritten(type, stored)),
        }
      },
    )
    // More may have come meanwhile; only what was written is done.
    pending.events.splice(0, events.length)
    if (pending.events.length > 0 || pending.pattern !== pattern) await this.#step(pending)
  }

  async #removeOldest(): Promise<void> {
    const { store, journal } = this.#modules
    if ((await store.count(journal.scope, PATTERN_RECORDS)) <= PATTERNS_KEPT_MAX) return
    const countMax = PATTERNS_KEPT_MAX
    const oldest = await store.list({ scope: journal.scope, kind: PATTERN_RECORDS, countMax })
    const ended = oldest.filter(({ value }) => value.status === 'ended').slice(0, REMOVED_AT_ONCE)
    const writes = ended.map(({ key }) => remove(PATTERN_RECORDS, key.id))
    await journal.transact([], () => ({ ...unchanged(null), writes }))
  }

  #event(type: 'detected' | 'ended', pattern: Pattern): EventDraft {
    const { patternId, kind, severity, effect, pValue, agentIds, taskIds, evidence, groups } = pattern
    const { findings, firstSeenAt, lastSeenAt } = pattern
    const seenForMs = Math.max(0, Math.round(lastSeenAt - firstSeenAt))
    const now = this.#modules.clock.now()
    if (type === 'ended')
      return eventDraft('pattern.ended', patternId, now, { kind, severity, findings, seenForMs })
    const data = { kind, severity, effect, pValue, agentIds, taskIds, evidence, groups }
    return eventDraft('pattern.detected', patternId, now, data)
  }
}

function writeOf(record: PatternRecord): RecordWrite<PatternRecord> {
  return put(PATTERN_RECORDS, record.patternId, record, { isOpen: record.status === 'active' })
}

/** Whether an earlier try, whose answer was lost, was committed. */
function isWritten(type: string, stored: StoredRecord<PatternRecord> | undefined): boolean {
  return type === 'pattern.ended' ? stored?.value.status === 'ended' : stored !== undefined
}
