import type { EpochMs, TaskId } from './ids.ts'
import { packedCodec, shape } from './packed-codec.ts'
import { recordKind } from './record-kind.ts'

/** Remembers what one Idempotency-Key led to, so that the same request again is the same tasks. */
export interface IdempotencyRecord {
  /** SHA-256 of the request's body. */
  readonly fingerprint: string
  readonly taskIds: readonly TaskId[]
  readonly createdAt: EpochMs
}

const IDEMPOTENCY = shape<Omit<IdempotencyRecord, 'createdAt'>>({ fingerprint: 'plain', taskIds: 'plain' })

/** Under the id of the key. */
export const IDEMPOTENCY_RECORDS = recordKind<IdempotencyRecord>('idempotency', {
  codec: packedCodec({ shape: IDEMPOTENCY, time: 'createdAt' }),
})
