import { allRecords } from '../../../kernel/all-records.ts'
import type { SwarmJournal } from '../../../kernel/swarm-journal.ts'
import { SwarmError } from '../../../model/errors.ts'
import type { Clock } from '../../../ports/clock.ts'
import { put, remove } from '../../../ports/records.ts'
import type { SwarmStore } from '../../../ports/swarm-store.ts'
import { BLOB_RECORDS, type BlobRecord, CHUNK_BYTES, CHUNK_RECORDS, chunkId } from './model-record.ts'

export interface BlobStoreOptions {
  /** Bytes that a swarm may keep, in models and in updates that are under way. */
  readonly storedBytesMax: number
}

export interface BlobStoreModules {
  readonly store: SwarmStore
  readonly journal: SwarmJournal
  readonly clock: Clock
}

/** One piece of a blob. Pieces come in order. */
export interface BlobChunk {
  readonly blobId: string
  readonly index: number
  readonly bytes: number
  /** Base64 of at most 256 KiB. */
  readonly text: string
}

/**
 * Bytes of models and updates, in pieces of 256 KiB. Each piece is a step of its own, without an event, so that no step of
 * the swarm's work grows by it. What no record refers to is removed at the next start.
 */
export class BlobStore {
  readonly #options: BlobStoreOptions
  readonly #modules: BlobStoreModules
  readonly #blobs = new Map<string, BlobRecord>()
  #storedBytes = 0

  constructor(options: BlobStoreOptions, modules: BlobStoreModules) {
    this.#options = options
    this.#modules = modules
  }

  /** @param isUsed whether a record refers to the blob; the others are removed */
  async recover(isUsed: (blobId: string) => boolean): Promise<void> {
    const { store, journal } = this.#modules
    for await (const { key, value } of allRecords(store, journal.scope, BLOB_RECORDS))
      this.#know(key.id, value)
    for (const blobId of this.#blobs.keys()) if (!isUsed(blobId)) await this.drop(blobId)
  }

  find(blobId: string): BlobRecord | undefined {
    return this.#blobs.get(blobId)
  }

  /** @throws SwarmError `limit_exceeded` */
  async write({ blobId, index, bytes, text }: BlobChunk): Promise<void> {
    const { storedBytesMax: limit } = this.#options
    const actual = this.#storedBytes + bytes
    if (actual > limit) throw new SwarmError('limit_exceeded', { limitName: 'storedBytesMax', limit, actual })
    const before = this.#blobs.get(blobId)
    const createdAt = before?.createdAt ?? this.#modules.clock.now()
    const blob = { chunkCount: index + 1, bytes: index * CHUNK_BYTES + bytes, createdAt }
    // Known before it is written: were the answer lost, it could be removed all the same.
    this.#know(blobId, blob)
    await this.#modules.journal.transact([], () => ({
      writes: [put(CHUNK_RECORDS, chunkId(blobId, index), text), put(BLOB_RECORDS, blobId, blob)],
      events: [],
      ready: [],
      result: null,
    }))
  }

  /** The pieces with one index of several blobs, in the order of the blobs. @throws RangeError where one is missing */
  async read(blobIds: readonly string[], index: number): Promise<readonly string[]> {
    const { store, journal } = this.#modules
    const texts: string[] = []
    for (const blobId of blobIds) {
      const key = { kind: CHUNK_RECORDS, id: chunkId(blobId, index) }
      const chunk = await store.get(journal.scope, key)
      if (chunk === undefined) throw new RangeError(`a piece of the blob ${blobId} is missing`)
      texts.push(chunk.value)
    }
    return texts
  }

  async drop(blobId: string): Promise<void> {
    const blob = this.#blobs.get(blobId)
    if (blob === undefined) return
    const chunks = Array.from({ length: blob.chunkCount }, (_, index) =>
      remove(CHUNK_RECORDS, chunkId(blobId, index)),
    )
    await this.#modules.journal.transact([], () => ({
      writes: [...chunks, remove(BLOB_RECORDS, blobId)],
      events: [],
      ready: [],
      result: null,
    }))
    this.#blobs.delete(blobId)
    this.#storedBytes -= blob.bytes
  }

  #know(blobId: string, blob: BlobRecord): void {
    this.#storedBytes += blob.bytes - (this.#blobs.get(blobId)?.bytes ?? 0)
    this.#blobs.set(blobId, blob)
  }
}
