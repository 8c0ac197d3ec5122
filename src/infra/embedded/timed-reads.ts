import { timeIn } from '#domain/model/record-kind.ts'
import type { StoredRecord } from '#domain/ports/records.ts'
import type { TimedListRequest } from '#domain/ports/swarm-store.ts'
import { idText, kindRange, type LmdbTables, timedId, timeIndex } from './lmdb-tables.ts'
import { isWholeMark, openName } from './record-codec.ts'
import { readWhole } from './table-reads.ts'

/** Runs without a pause, and so on one snapshot. Damaged records are passed over. */
export function listByTime<V>(tables: LmdbTables, request: TimedListRequest<V>): readonly StoredRecord<V>[] {
  const { scope, kind, upTo, after, countMax, onDamaged } = request
  const isIndexDamaged = tables.damage.isIndexDamaged(scope, timeIndex(kind.name))
  const page: StoredRecord<V>[] = []
  for (const { time, id } of isIndexDamaged ? sortedRecords(tables, request) : indexed(tables, request)) {
    if (page.length === countMax || time > upTo) break
    if (after !== undefined && timedId(time, id) <= timedId(after.time, after.id)) continue
    const record = readWhole(tables, scope, { kind, id })
    if (record === undefined) {
      tables.damage.found(scope, kind.name, id)
      onDamaged?.(id)
      // An entry whose record was damaged when it was written over stands for nothing any more.
    } else if (timeIn(kind, record.stored.value) === time) page.push(record.stored)
  }
  // What a damaged entry stood for stands somewhere else, or nowhere: then the records themselves are asked.
  const wasFoundDamaged = !isIndexDamaged && tables.damage.isIndexDamaged(scope, timeIndex(kind.name))
  return wasFoundDamaged ? listByTime(tables, request) : page
}

interface Stand {
  readonly time: number
  readonly id: string
}

function* indexed<V>(tables: LmdbTables, { scope, kind, after }: TimedListRequest<V>): Generator<Stand> {
  const index = timeIndex(kind.name)
  const from = after === undefined ? {} : { after: timedId(after.time, after.id) }
  for (const { key, value } of tables.open.getRange(kindRange(scope, index, from))) {
    if (!isWholeMark(openName(key), value)) {
      tables.damage.found(scope, index, idText(key[2]))
      tables.damage.indexFound(scope, index)
      return
    }
    const [time = '', id = ''] = key[2].split('/')
    yield { time: Number(time), id }
  }
}

/** All of a kind, looked at one by one: where the index cannot be used. */
function sortedRecords<V>(tables: LmdbTables, { scope, kind }: TimedListRequest<V>): readonly Stand[] {
  const stands: Stand[] = []
  for (const key of tables.records.getKeys(kindRange(scope, kind.name, {}))) {
    const id = idText(key[2])
    const time = timeIn(kind, readWhole(tables, scope, { kind, id })?.stored.value)
    if (time !== undefined) stands.push({ time, id })
  }
  return stands.toSorted((a, b) => a.time - b.time || (a.id < b.id ? -1 : 1))
}
