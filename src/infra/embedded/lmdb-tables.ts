import { dirname } from 'node:path'
import { type Database, open, type RootDatabase } from 'lmdb'
import type { Scope } from '#domain/model/ids.ts'
import type { Logger } from '#domain/ports/logger.ts'
import type { RecordKey } from '#domain/ports/records.ts'
import { DamageRegister } from './damage-register.ts'
import { makePrivate } from './private-file.ts'

/** `[scope, name of the kind, id]` */
export type RecordTableKey = [Scope, string, string]
/** `[scope, sequence]` */
export type EventTableKey = [Scope, number]
/** `['scope', scope]`, or the name of something there is one of. */
export type MetaTableKey = ['scope', Scope] | ['batch'] | ['lifetime'] | ['probe'] | ['store']

/** The one LMDB environment of a data directory. Keys sort as arrays do, place by place. */
export interface LmdbTables {
  readonly directory: string
  readonly root: RootDatabase<Buffer, string>
  readonly records: Database<Buffer, RecordTableKey>
  /** The keys of the open records and of {@link timeKey}, each with its checksum. */
  readonly open: Database<Buffer, RecordTableKey>
  readonly events: Database<Buffer, EventTableKey>
  readonly meta: Database<Buffer, MetaTableKey>
  /** What was found damaged in them. */
  readonly damage: DamageRegister
}

/** Sorts behind every kind and every id. */
const AFTER_ALL_TEXT = '\u007f'

/** @param path the database file, in a directory that is there */
export function openLmdbTables(path: string, logger: Logger): LmdbTables {
  const directory = dirname(path)
  // The store holds payloads, and keys that the server votes with. LMDB itself lets every user read its files.
  for (const file of [path, `${path}-lock`]) makePrivate(file)
  const root = open<Buffer, string>({
    path,
    noSubdir: true,
    encoding: 'binary',
    // Batching by event turn crashes the process after a failed commit (kriszyp/lmdb-js#294).
    eventTurnBatching: false,
    maxDbs: 4,
  })
  const table = <Key extends RecordTableKey | EventTableKey | MetaTableKey>(
    name: string,
  ): Database<Buffer, Key> => root.openDB<Buffer, Key>({ name, encoding: 'binary' })
  return {
    directory,
    root,
    records: table('records'),
    open: table('open'),
    events: table('events'),
    meta: table('meta'),
    damage: new DamageRegister(logger),
  }
}

export function recordKey(scope: Scope, { kind, id }: RecordKey): RecordTableKey {
  return [scope, kind.name, id]
}

/**
 * Where a record stands in its kind's index by time: a table key of another kind, whose ids begin with the time. No name
 * of a kind contains `@`.
 */
export function timeKey([scope, kind, id]: RecordTableKey, time: number): RecordTableKey {
  return [scope, timeIndex(kind), timedId(time, id)]
}

export const timeIndex = (kind: string): string => `${kind}@time`

/** Sorts by time, then by id. */
export const timedId = (time: number, id: string): string =>
  `${String(time).padStart(TIME_DIGITS, '0')}/${id}`

/** Of the largest safe integer. */
const TIME_DIGITS = 16

/** The id of a key that was read from a table: of a damaged one it may be anything. */
export function idText(id: unknown): string {
  return String(id)
}

/** Bounds of all records of a scope, of its open ones where used on that table. */
export function wholeScope(scope: Scope): { readonly start: [Scope]; readonly end: [Scope, string] } {
  return { start: [scope], end: [scope, AFTER_ALL_TEXT] }
}

export function wholeLog(scope: Scope): { readonly start: [Scope, number]; readonly end: [Scope, number] } {
  return { start: [scope, 0], end: [scope, Number.MAX_VALUE] }
}

interface KindRange {
  readonly start: RecordTableKey
  readonly end: RecordTableKey
  readonly exclusiveStart: boolean
  readonly inclusiveEnd: boolean
  readonly reverse: boolean
}

interface KindRangeOptions {
  /** Only ids that begin with it. */
  readonly prefix?: string
  /** Exclusive start. */
  readonly after?: string | undefined
  readonly isDescending?: boolean
}

/** Bounds of the records of one kind, in either direction. */
export function kindRange(
  scope: Scope,
  kind: string,
  { prefix = '', after, isDescending = false }: KindRangeOptions,
): KindRange {
  const first = prefix
  const last = prefix + AFTER_ALL_TEXT
  const [from, to] = isDescending ? [last, first] : [first, last]
  const isBehind = after !== undefined && (isDescending ? after < from : after > from)
  return {
    start: [scope, kind, isBehind ? after : from],
    end: [scope, kind, to],
    exclusiveStart: isBehind,
    inclusiveEnd: true,
    reverse: isDescending,
  }
}
