import { SwarmError } from '../../model/errors.ts'
import type { Scope } from '../../model/ids.ts'
import type { SwarmStore } from '../../ports/swarm-store.ts'
import { MEMORY_CONTENT_RECORDS, MEMORY_RECORDS } from './memory-record.ts'
import type { MemoryEntry } from './memory-service.ts'

/** How often records that are being written are read again. */
const READS_MAX = 20

/**
 * Records with their contents, place by place as the ids. The two stand in different places of the store: what was read
 * around a write is read again.
 *
 * @throws SwarmError `store_unavailable` where a record is written faster than it can be read
 */
export async function readEntries(
  store: SwarmStore,
  scope: Scope,
  ids: readonly string[],
): Promise<readonly (MemoryEntry | undefined)[]> {
  const found = new Map<string, MemoryEntry>()
  let wanted: readonly string[] = [...new Set(ids)]
  for (let reads = 0; wanted.length > 0; reads += 1) {
    if (reads === READS_MAX)
      throw new SwarmError('store_unavailable', {
        reason: 'a record is written without a pause',
        retryAfterMs: 1_000,
      })
    const headers = await store.getMany(
      scope,
      wanted.map((id) => ({ kind: MEMORY_RECORDS, id })),
    )
    const contents = await store.getMany(
      scope,
      wanted.map((id) => ({ kind: MEMORY_CONTENT_RECORDS, id })),
    )
    wanted = wanted.filter((id, at) => {
      const [record, content] = [headers[at]?.value, contents[at]?.value]
      if (record === undefined && content === undefined) return false
      if (record === undefined || content?.version !== record.version) return true
      found.set(id, { record, content: content.text })
      return false
    })
  }
  return ids.map((id) => found.get(id))
}
