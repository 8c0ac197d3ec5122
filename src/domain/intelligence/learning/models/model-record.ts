import type { EpochMs } from '../../../model/ids.ts'
import { recordKind, textCodec } from '../../../model/record-kind.ts'
import type { NumberFormat } from '../../../model/training-notice.ts'

export const NUMBER_BYTES: Readonly<Record<NumberFormat, number>> = { float32: 4, float64: 8 }

/** What one evaluator measured on data of its own. */
export interface Evaluation {
  readonly value: number
  readonly sampleCount: number
}

export interface ModelVersion {
  /** 1 at first. */
  readonly version: number
  readonly blobId: string
  readonly createdAt: EpochMs
  /** The round that made it; left out where it was uploaded. */
  readonly roundId?: string
  /** By metric and evaluator. */
  readonly evaluations: Readonly<Record<string, Readonly<Record<string, Evaluation>>>>
}

/** A named vector that agents train together. */
export interface ModelRecord {
  readonly model: string
  readonly description: string
  readonly format: NumberFormat
  /** Dimensions, for those who read the vector. */
  readonly shape: readonly number[]
  /** The product of the dimensions: numbers in the vector. */
  readonly length: number
  readonly createdAt: EpochMs
  /** The version that clients start from; 0 before the first. After a rollback it is not the newest. */
  readonly currentVersion: number
  /** The highest version ever given. */
  readonly lastVersion: number
  /** Those that are kept, oldest first. */
  readonly versions: readonly ModelVersion[]
}

export const MODEL_RECORDS = recordKind<ModelRecord>('model')

/** Bytes in pieces of 256 KiB, under an id of their own. */
export interface BlobRecord {
  readonly chunkCount: number
  readonly bytes: number
  readonly createdAt: EpochMs
}

export const BLOB_RECORDS = recordKind<BlobRecord>('learning_blob')

/** A piece of a blob as base64, under `chunkId`. */
export const CHUNK_RECORDS = recordKind<string>('learning_chunk', {
  codec: textCodec(),
  isListed: false,
  isCached: false,
})

/** A multiple of the size of a number. */
export const CHUNK_BYTES = 262_144

export function chunkId(blobId: string, index: number): string {
  return `${blobId}.${index}`
}

export function bytesOf({ format, length }: Pick<ModelRecord, 'format' | 'length'>): number {
  return NUMBER_BYTES[format] * length
}
