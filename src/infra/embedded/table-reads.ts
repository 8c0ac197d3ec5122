import type { Scope } from '#domain/ids.ts'
import type { RecordKey, RecordKind, StoredRecord, SwarmEvent } from '#domain/ports/records.ts'
import type { EventPage, ListRequest } from '#domain/ports/swarm-store.ts'
import { kindRange, type LmdbTables, recordKey, wholeLog } from './lmdb-tables.ts'
import { decodeHeader, decodeValue } from './record-codec.ts'
import { readScopeState } from './scope-ledger.ts'

// All of these run without a pause, and so on one snapshot.

export function readRecord<K extends RecordKind>(
  { records }: Pick<LmdbTables, 'records'>,
  scope: Scope,
  key: RecordKey<K>,
): StoredRecord<K> | undefined {
  const bytes = records.getBinaryFast(recordKey(scope, key))
  if (bytes === undefined) return undefined
  return { key, version: decodeHeader(bytes).version, value: decodeValue(key.kind, bytes) }
}

export function listRecords<K extends RecordKind>(
  tables: LmdbTables,
  { scope, kind, after, countMax, openOnly = false, isDescending = false }: ListRequest<K>,
): readonly StoredRecord<K>[] {
  const table = openOnly ? tables.open : tables.records
  const keys = [...table.getKeys({ ...kindRange(scope, kind, after, isDescending), limit: countMax })]
  return keys.flatMap(([, , id]) => readRecord(tables, scope, { kind, id }) ?? [])
}

export function readEventPage(tables: LmdbTables, scope: Scope, after: number, countMax: number): EventPage {
  const { lastSequence } = readScopeState(tables, scope)
  const log = wholeLog(scope)
  const [first] = [...tables.events.getKeys({ ...log, limit: 1 })]
  const events: SwarmEvent[] = []
  if (after < lastSequence && countMax > 0) {
    const range = { start: [scope, after + 1], end: log.end, limit: countMax }
    for (const { value } of tables.events.getRange(range)) {
      events.push(JSON.parse(value.toString('utf8')) as SwarmEvent)
    }
  }
  return { events, firstSequence: first?.[1] ?? lastSequence + 1, lastSequence }
}
