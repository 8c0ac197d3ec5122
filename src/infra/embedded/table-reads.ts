import type { Scope } from '#domain/model/ids.ts'
import type { RecordKind } from '#domain/model/record-kind.ts'
import type { RecordKey, StoredRecord } from '#domain/ports/records.ts'
import type { ListRequest } from '#domain/ports/swarm-store.ts'
import { idText, kindRange, type LmdbTables, type RecordTableKey, recordKey } from './lmdb-tables.ts'
import {
  decodeHeader,
  decodeValue,
  isWholeMark,
  isWholeRecord,
  openName,
  recordName,
} from './record-codec.ts'

// All of these run without a pause, and so on one snapshot.

/** @throws SwarmError `record_damaged`, also where a damaged key beside its place may have been this one */
export function readRecord<V>(
  tables: LmdbTables,
  scope: Scope,
  key: RecordKey<V>,
): StoredRecord<V> | undefined {
  const place = recordKey(scope, key)
  const bytes = tables.records.getBinaryFast(place)
  if (bytes === undefined ? isBesideDamage(tables, place) : !isWholeRecord(recordName(place), bytes))
    throw tables.damage.found(scope, key.kind.name, key.id)
  if (bytes === undefined) return undefined
  return { key, version: decodeHeader(bytes).version, value: decodeValue(key, bytes) }
}

/** Where bits of a key have changed, its record stands near its place still, and does not match its checksum. */
function isBesideDamage({ records }: LmdbTables, start: RecordTableKey): boolean {
  return [false, true].some((reverse) =>
    [...records.getRange({ start, limit: 1, reverse })].some(
      ({ key, value }) => !isWholeRecord(recordName(key), value),
    ),
  )
}

/** Damaged records are passed over: a page that is not full is the last. */
export function listRecords<V>(tables: LmdbTables, request: ListRequest<V>): readonly StoredRecord<V>[] {
  const { scope, kind, after, countMax, openOnly = false, onDamaged } = request
  const isByFlag = openOnly && tables.damage.isIndexDamaged(scope, kind.name)
  const page: StoredRecord<V>[] = []
  for (let from = after; page.length < countMax; ) {
    const wanted = countMax - page.length
    const ids = nextIds(tables, request, from, wanted, openOnly && !isByFlag)
    for (const { id, isWhole } of ids) {
      const record = isWhole ? readWhole(tables, scope, { kind, id }) : undefined
      if (record === undefined) {
        tables.damage.found(scope, kind.name, id)
        // What it stood for stands somewhere else, or nowhere: from now on the records themselves are asked.
        if (!isWhole) tables.damage.indexFound(scope, kind.name)
        onDamaged?.(id)
      } else if (!isByFlag || record.isOpen) page.push(record.stored)
    }
    from = ids.at(-1)?.id
    if (ids.length < wanted) break
  }
  return page
}

/** The ids of one kind behind `after`, in their order. */
export function idsOf(
  { records }: Pick<LmdbTables, 'records'>,
  scope: Scope,
  kind: RecordKind,
  after: string | undefined,
  countMax: number,
): readonly string[] {
  const range = { ...kindRange(scope, kind.name, { after }), limit: countMax }
  return [...records.getKeys(range)].map(([, , id]) => id)
}

interface ListedId {
  readonly id: string
  /** Whether the entry of the index is what was stored; always where no index is used. */
  readonly isWhole: boolean
}

function nextIds(
  { open, records }: LmdbTables,
  { scope, kind, prefix = '', isDescending = false }: ListRequest<unknown>,
  after: string | undefined,
  limit: number,
  isIndexUsed: boolean,
): readonly ListedId[] {
  const range = { ...kindRange(scope, kind.name, { prefix, after, isDescending }), limit }
  if (!isIndexUsed) return [...records.getKeys(range)].map(([, , id]) => ({ id: idText(id), isWhole: true }))
  return [...open.getRange(range)].map(({ key, value }) => {
    const id = idText(key[2])
    return { id, isWhole: isWholeMark(openName(key), value) }
  })
}

interface OpenOrNot<V> {
  readonly stored: StoredRecord<V>
  readonly isOpen: boolean
}

/** Undefined also where it is damaged. */
export function readWhole<V>(
  { records }: LmdbTables,
  scope: Scope,
  key: RecordKey<V>,
): OpenOrNot<V> | undefined {
  const place = recordKey(scope, key)
  const bytes = records.getBinaryFast(place)
  if (bytes === undefined || !isWholeRecord(recordName(place), bytes)) return undefined
  const { version, isOpen } = decodeHeader(bytes)
  return { stored: { key, version, value: decodeValue(key, bytes) }, isOpen }
}
