import type { Workers } from '../../../ports/workers.ts'
import { AGGREGATION } from '../aggregation/aggregation-program.ts'
import type { BlobStore } from '../models/blob-store.ts'
import { bytesOf, CHUNK_BYTES, type ModelRecord } from '../models/model-record.ts'
import type { RoundState } from './round-state.ts'

export interface RoundAggregationModules {
  readonly blobs: BlobStore
  readonly workers: Workers
}

/**
 * Writes the aggregate of a round's updates under `blobId`, off the event loop and piece by piece. Doing it again gives the
 * same bytes.
 *
 * @throws RangeError where the updates cannot be aggregated; SwarmError `store_unavailable`
 */
export async function aggregateRound(
  { settings, updates }: RoundState,
  model: ModelRecord,
  blobId: string,
  { blobs, workers }: RoundAggregationModules,
): Promise<void> {
  // By content: who sent its update first changes nothing.
  const ordered = updates.toSorted((a, b) => (a.sha256 < b.sha256 ? -1 : Number(a.sha256 > b.sha256)))
  const blobIds = ordered.map((update) => update.blobId)
  const weights = ordered.map(({ weight }) => weight)
  const bytes = bytesOf(model)
  const chunkCount = Math.ceil(bytes / CHUNK_BYTES)
  const { aggregator } = settings
  const options = { settings: aggregator, format: model.format, weights }
  const session = workers.open(AGGREGATION, options, () => undefined)
  try {
    if (aggregator.kind === 'krum' || aggregator.kind === 'multi_krum') {
      for (let index = 0; index < chunkCount; index++)
        await session.call('measure', { texts: await blobs.read(blobIds, index) })
    }
    for (let index = 0; index < chunkCount; index++) {
      const text = await session.call('combine', { texts: await blobs.read(blobIds, index) })
      await blobs.write({ blobId, index, bytes: Math.min(CHUNK_BYTES, bytes - index * CHUNK_BYTES), text })
    }
  } finally {
    session.close()
  }
}
