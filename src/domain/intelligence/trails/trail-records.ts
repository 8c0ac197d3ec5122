import { recordKind } from '../../model/record-kind.ts'
import type { EdgeBucket, TrailSetHeader } from './trail-set.ts'

/** What is kept of a trail set beside its edges, under the name of the set. */
export interface TrailSetRecord extends TrailSetHeader {
  /** Requests that changed the set last, oldest first: one that is repeated changes nothing again. */
  readonly requestIds: readonly string[]
}

/** The edges of one bucket: name, level, place on the time axis. */
export type TrailBucketRecord = readonly (readonly [edge: string, level: number, at: number])[]

export const TRAIL_SET_RECORDS = recordKind<TrailSetRecord>('trail_set')

/** Under {@link trailBucketId}; read by the buckets that a set can have. */
export const TRAIL_BUCKET_RECORDS = recordKind<TrailBucketRecord>('trail_bucket', {
  isListed: false,
  isCached: false,
})

export function trailBucketId(trailSet: string, index: number): string {
  return `${trailSet}:${index}`
}

export function bucketRecordOf(bucket: EdgeBucket): TrailBucketRecord {
  return Array.from(bucket, ([edge, { level, at }]) => [edge, level, at] as const)
}

export function bucketFrom(record: TrailBucketRecord): EdgeBucket {
  return new Map(record.map(([edge, level, at]) => [edge, { level, at }]))
}
