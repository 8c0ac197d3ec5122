import type { EpochMs, TaskId } from './ids.ts'

/** Remembers what one Idempotency-Key led to, so that the same request again is the same tasks. */
export interface IdempotencyRecord {
  /** SHA-256 of the request's body. */
  readonly fingerprint: string
  readonly taskIds: readonly TaskId[]
  readonly createdAt: EpochMs
}
