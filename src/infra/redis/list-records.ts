import type { RecordKind } from '#domain/model/record-kind.ts'
import type { StoredRecord } from '#domain/ports/records.ts'
import type { ListRequest, TimedListRequest } from '#domain/ports/swarm-store.ts'
import { decodeRecord, toStored } from './record-codec.ts'
import { idsKey, openKey, recordsKey, timesKey } from './redis-keys.ts'
import type { RedisLink } from './redis-link.ts'
import { listScript, timedListScript } from './scripts/list-script.ts'

/** Sorts behind every id. */
const AFTER_ALL_TEXT = '\u007f'

/** One script call. @param after exclusive start */
export async function listPage<V>(
  { client }: RedisLink,
  { scope, kind, prefix = '', openOnly = false, isDescending = false }: ListRequest<V>,
  after: string | undefined,
  pageMax: number,
): Promise<readonly StoredRecord<V>[]> {
  const keys = [openOnly ? openKey(scope, kind) : idsKey(scope, kind), recordsKey(scope, kind)]
  const low = prefix === '' ? '-' : `[${prefix}`
  const high = prefix === '' ? '+' : `(${prefix}${AFTER_ALL_TEXT}`
  const [first, last] = isDescending ? [high, low] : [low, high]
  const isWithin = after !== undefined && (isDescending ? after < prefix + AFTER_ALL_TEXT : after > prefix)
  const range = [isDescending ? 'down' : 'up', isWithin ? `(${after}` : first, last]
  return recordsIn(kind, await listScript.run(client, keys, [...range, pageMax]))
}

/** One script call. @param after exclusive start */
export async function timedPage<V>(
  { client }: RedisLink,
  { scope, kind, upTo }: TimedListRequest<V>,
  after: TimedListRequest<V>['after'],
  pageMax: number,
): Promise<readonly StoredRecord<V>[]> {
  const keys = [timesKey(scope, kind), recordsKey(scope, kind)]
  const range = [upTo, pageMax, after?.time ?? '', after?.id ?? '']
  return recordsIn(kind, await timedListScript.run(client, keys, range))
}

function recordsIn<V>(kind: RecordKind<V>, reply: unknown): readonly StoredRecord<V>[] {
  const texts = reply as readonly string[]
  return texts.flatMap((id, index) => {
    if (index % 2 === 1) return []
    return toStored({ kind, id }, decodeRecord({ kind, id }, texts[index + 1])) ?? []
  })
}
