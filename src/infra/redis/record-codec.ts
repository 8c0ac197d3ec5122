import { assert } from '#domain/model/errors.ts'
import type { RecordKey, StoredRecord } from '#domain/ports/records.ts'

/**
 * One record as this node knows it: the stored text is `<version><+|-><stamp> <body>`, `+` for an open record;
 * `<version><+|-><stamp>@<time> <body>` for one that stands in its kind's index by time.
 *
 * The stamp is never given twice. A record that was removed and made again has the version of its forerunner, but
 * another head, so comparing heads finds every change.
 */
export interface KnownRecord {
  /** The stored text up to and including the space; empty where there is no record. */
  readonly head: string
  readonly version: number
  readonly isOpen: boolean
  readonly value: unknown
}

export const NO_RECORD: KnownRecord = { head: '', version: 0, isOpen: false, value: undefined }

export function headOf(version: number, isOpen: boolean, stamp: string, time?: number): string {
  return `${version}${isOpen ? '+' : '-'}${stamp}${time === undefined ? '' : `@${time}`} `
}

export function decodeRecord({ kind, id }: RecordKey, stored: string | null | undefined): KnownRecord {
  if (stored === null || stored === undefined) return NO_RECORD
  const space = stored.indexOf(' ')
  const head = stored.slice(0, space + 1)
  const version = Number.parseInt(head, 10)
  assert(space > 0 && version > 0, `record of kind ${kind.name} begins with a head`)
  const value = kind.codec.decode(stored.slice(space + 1), id)
  return { head, version, isOpen: head.includes('+'), value }
}

/** What the port shows of a known record. */
export function toStored<V>(key: RecordKey<V>, known: KnownRecord): StoredRecord<V> | undefined {
  if (known.value === undefined) return undefined
  return { key, version: known.version, value: known.value as V }
}
