import type { SwarmEvent } from '#domain/model/events.ts'
import type { Scope } from '#domain/model/ids.ts'
import type { EventPage, SequenceRange } from '#domain/ports/swarm-store.ts'
import { type LmdbTables, wholeLog } from './lmdb-tables.ts'
import { decodeText, eventName, isWholeText } from './record-codec.ts'
import { readScopeState } from './scope-ledger.ts'

/** Of a long range only the first are named in the log and counted. */
const NAMED_ONE_BY_ONE_MAX = 1_000

/**
 * The events behind a number. Runs without a pause, and so on one snapshot.
 *
 * Within one epoch numbers have no holes, and the newest event's number is known: where an event should be and is
 * not, or does not match its checksum, the page names the number.
 *
 * @throws SwarmError `record_damaged` where nobody can say how far the log goes
 */
export function readEventPage(tables: LmdbTables, scope: Scope, after: number, countMax: number): EventPage {
  const { lastSequence, lastEventSequence } = readScopeState(tables, scope)
  const log = wholeLog(scope)
  const [first] = [...tables.events.getKeys({ ...log, limit: 1 })]
  const firstSequence = first?.[1] ?? lastSequence + 1
  if (after >= lastSequence || countMax <= 0) return { events: [], firstSequence, lastSequence }
  const found: LogEntry[] = []
  const range = { start: [scope, after + 1], end: log.end, limit: countMax }
  for (const { key, value } of tables.events.getRange(range)) found.push(logEntry(scope, key[1], value))
  const events = found.flatMap(({ event }) => event ?? [])
  const missing = new MissingNumbers()
  let known = found[0]?.sequence === after + 1 ? undefined : eventBefore(tables, scope, after)
  for (const { sequence, event } of found) {
    if (event === undefined) missing.add(sequence, sequence)
    else if (known?.epoch === event.epoch) missing.add(known.sequence + 1, sequence - 1)
    known = event ?? known
  }
  const end = found.at(-1)?.sequence ?? after
  if (found.length < countMax && lastEventSequence !== undefined && end < lastEventSequence)
    missing.add(Math.max(end + 1, firstSequence), lastEventSequence)
  const damaged = missing.within(after + 1, lastSequence)
  for (const { fromSequence, toSequence } of damaged) {
    const namedTo = Math.min(toSequence, fromSequence + NAMED_ONE_BY_ONE_MAX - 1)
    for (let each = fromSequence; each <= namedTo; each += 1) tables.damage.found(scope, 'event', `${each}`)
  }
  return damaged.length === 0
    ? { events, firstSequence, lastSequence }
    : { events, firstSequence, lastSequence, damaged }
}

interface LogEntry {
  readonly sequence: number
  /** Undefined where it is damaged. */
  readonly event: SwarmEvent | undefined
}

function logEntry(scope: Scope, sequence: number, bytes: Buffer): LogEntry {
  const isWhole = isWholeText(eventName(scope, sequence), bytes)
  return { sequence, event: isWhole ? (decodeText(bytes) as SwarmEvent) : undefined }
}

/** The newest one up to a number that can be read. */
function eventBefore({ events }: LmdbTables, scope: Scope, sequence: number): SwarmEvent | undefined {
  const { start } = wholeLog(scope)
  for (const { key, value } of events.getRange({ start: [scope, sequence], end: start, reverse: true })) {
    const { event } = logEntry(scope, key[1], value)
    if (event !== undefined) return event
  }
  return undefined
}

/** Ranges of numbers, merged where they touch. */
class MissingNumbers {
  readonly #ranges: SequenceRange[] = []

  add(fromSequence: number, toSequence: number): void {
    if (fromSequence <= toSequence) this.#ranges.push({ fromSequence, toSequence })
  }

  within(least: number, most: number): readonly SequenceRange[] {
    const merged: SequenceRange[] = []
    for (const range of this.#ranges.toSorted((a, b) => a.fromSequence - b.fromSequence)) {
      const fromSequence = Math.max(range.fromSequence, least)
      const toSequence = Math.min(range.toSequence, most)
      const last = merged.at(-1)
      if (fromSequence > toSequence) continue
      if (last === undefined || fromSequence > last.toSequence + 1) merged.push({ fromSequence, toSequence })
      else merged[merged.length - 1] = { ...last, toSequence: Math.max(last.toSequence, toSequence) }
    }
    return merged
  }
}
