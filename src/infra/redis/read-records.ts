import type { Scope } from '#domain/model/ids.ts'
import type { RecordKind } from '#domain/model/record-kind.ts'
import type { RecordKey } from '#domain/ports/records.ts'
import { decodeRecord, type KnownRecord, NO_RECORD } from './record-codec.ts'
import { recordsKey } from './redis-keys.ts'
import { asUnavailable, type RedisLink } from './redis-link.ts'

/**
 * Place by place as the keys. One command for each kind, all in one round trip.
 *
 * @throws SwarmError `store_unavailable`
 */
export async function readRecords(
  link: RedisLink,
  scope: Scope,
  keys: readonly RecordKey[],
): Promise<readonly KnownRecord[]> {
  const placesOfKind = new Map<RecordKind, number[]>()
  for (const [place, { kind }] of keys.entries()) {
    const places = placesOfKind.get(kind)
    if (places === undefined) placesOfKind.set(kind, [place])
    else places.push(place)
  }
  link.requireRunId()
  const found = Array.from<KnownRecord>({ length: keys.length }).fill(NO_RECORD)
  const readKind = async ([kind, places]: [RecordKind, number[]]): Promise<void> => {
    const ids = places.map((place) => keys[place]?.id ?? '')
    const stored = await link.client.hmget(recordsKey(scope, kind), ...ids)
    for (const [index, place] of places.entries()) {
      const id = keys[place]?.id ?? ''
      found[place] = decodeRecord({ kind, id }, stored[index])
    }
  }
  try {
    await Promise.all([...placesOfKind].map(readKind))
  } catch (error) {
    throw asUnavailable(error)
  }
  return found
}
