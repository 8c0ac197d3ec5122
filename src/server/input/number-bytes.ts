import { createHash } from 'node:crypto'
import type { BlobChunk } from '#domain/intelligence/learning/models/blob-store.ts'
import { CHUNK_BYTES } from '#domain/intelligence/learning/models/model-record.ts'
import type { NumberFormat } from '#domain/model/training-notice.ts'
import { RequestError } from '../problem/request-error.ts'

/** The bytes of a body that is no JSON. @throws RequestError `unsupported_media_type` */
export function bytesOfBody(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body
  throw new RequestError('unsupported_media_type', 'This operation takes application/octet-stream only.')
}

export function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Whether each number is finite. Bytes that are no whole numbers are judged by their length elsewhere. */
export function areFinite(bytes: Buffer, format: NumberFormat): boolean {
  const size = format === 'float64' ? 8 : 4
  const whole = bytes.length - (bytes.length % size)
  // A copy of its own: a body may begin anywhere in a larger buffer, and the numbers have to be aligned.
  const { buffer } = Uint8Array.from(bytes.subarray(0, whole))
  const numbers = format === 'float64' ? new Float64Array(buffer) : new Float32Array(buffer)
  return numbers.every((number) => Number.isFinite(number))
}

/** The bytes in pieces, as they are stored. */
export function* piecesOf(blobId: string, bytes: Buffer): Generator<BlobChunk> {
  for (let index = 0; index * CHUNK_BYTES < bytes.length; index++) {
    const piece = bytes.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES)
    yield { blobId, index, bytes: piece.length, text: piece.toString('base64') }
  }
}
