import { type RecordKind, recordKind } from '../model/record-kind.ts'
import type { RecordKey } from '../ports/records.ts'

/** Tells the newest snapshot of a projection, under the projection's name. */
export interface ProjectionHead {
  /** Version of the format of the chunks; the projection's own. */
  readonly format: number
  /** The snapshot holds what the log tells up to this sequence number. */
  readonly cursor: number
  /** Which of two sets of chunks it is: the other one is written next, so that one of them is always whole. */
  readonly slot: 0 | 1
  /** How many chunks each slot has. */
  readonly chunkCounts: readonly [number, number]
  /** Events before the cursor are missing from it. */
  readonly isIncomplete: boolean
}

/** A part of a snapshot, under {@link chunkKey}. */
export interface ProjectionChunk {
  /** The cursor of the snapshot that it belongs to. */
  readonly cursor: number
  /** Plain JSON data. */
  readonly state: unknown
}

export const PROJECTION_RECORDS = recordKind<ProjectionHead>('projection', { isListed: false })
export const PROJECTION_CHUNK_RECORDS = recordKind<ProjectionChunk>('projection_chunk', {
  isListed: false,
  isCached: false,
})

export const headKey = (name: string): RecordKey<ProjectionHead> => ({ kind: PROJECTION_RECORDS, id: name })

export function chunkKey(
  name: string,
  slot: 0 | 1,
  index: number,
): { readonly kind: RecordKind<ProjectionChunk>; readonly id: string } {
  return { kind: PROJECTION_CHUNK_RECORDS, id: `${name}:${slot}:${index}` }
}
