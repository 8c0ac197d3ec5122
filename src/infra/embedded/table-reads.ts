import type { Scope } from '#domain/ids.ts'
import type { RecordKey, RecordKind, StoredRecord } from '#domain/ports/records.ts'
import type { ListRequest } from '#domain/ports/swarm-store.ts'
import { kindRange, type LmdbTables, recordKey } from './lmdb-tables.ts'
import {
  decodeHeader,
  decodeValue,
  isWholeMark,
  isWholeRecord,
  openName,
  recordName,
} from './record-codec.ts'

// All of these run without a pause, and so on one snapshot.

/** @throws SwarmError `record_damaged` */
export function readRecord<K extends RecordKind>(
  { records, damage }: Pick<LmdbTables, 'records' | 'damage'>,
  scope: Scope,
  key: RecordKey<K>,
): StoredRecord<K> | undefined {
  const bytes = records.getBinaryFast(recordKey(scope, key))
  if (bytes === undefined) return undefined
  if (!isWholeRecord(recordName(scope, key), bytes)) throw damage.found(scope, key.kind, key.id)
  return { key, version: decodeHeader(bytes).version, value: decodeValue(key.kind, bytes) }
}

/** Damaged records are passed over: a page that is not full is the last. */
export function listRecords<K extends RecordKind>(
  tables: LmdbTables,
  { scope, kind, after, countMax, openOnly = false, isDescending = false, onDamaged }: ListRequest<K>,
): readonly StoredRecord<K>[] {
  const page: StoredRecord<K>[] = []
  for (let from = after; page.length < countMax; ) {
    const wanted = countMax - page.length
    const ids = nextIds(tables, { scope, kind, after: from, countMax: wanted, openOnly, isDescending })
    for (const { id, isWhole } of ids) {
      const record = isWhole ? readWhole(tables, scope, { kind, id }) : undefined
      if (record !== undefined) page.push(record)
      else {
        tables.damage.found(scope, kind, id)
        onDamaged?.(id)
      }
    }
    from = ids.at(-1)?.id
    if (ids.length < wanted) break
  }
  return page
}

interface ListedId {
  readonly id: string
  /** Whether the entry of the index is what was stored; always where no index is used. */
  readonly isWhole: boolean
}

function nextIds(
  { open, records }: LmdbTables,
  request: Required<Omit<ListRequest<RecordKind>, 'after' | 'onDamaged'>> & {
    readonly after: string | undefined
  },
): readonly ListedId[] {
  const { scope, kind, after, countMax, openOnly, isDescending } = request
  const range = { ...kindRange(scope, kind, after, isDescending), limit: countMax }
  if (!openOnly) return [...records.getKeys(range)].map(([, , id]) => ({ id, isWhole: true }))
  return [...open.getRange(range)].map(({ key: [, , id], value }) => ({
    id,
    isWhole: isWholeMark(openName(scope, { kind, id }), value),
  }))
}

/** Undefined also where it is damaged. */
function readWhole<K extends RecordKind>(
  { records }: LmdbTables,
  scope: Scope,
  key: RecordKey<K>,
): StoredRecord<K> | undefined {
  const bytes = records.getBinaryFast(recordKey(scope, key))
  if (bytes === undefined || !isWholeRecord(recordName(scope, key), bytes)) return undefined
  return { key, version: decodeHeader(bytes).version, value: decodeValue(key.kind, bytes) }
}
