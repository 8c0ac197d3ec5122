import { assert, isSwarmError } from '../model/errors.ts'
import type { Logger } from '../ports/logger.ts'
import { put, type RecordWrite, remove } from '../ports/records.ts'
import type { SwarmStore } from '../ports/swarm-store.ts'
import {
  chunkKey,
  headKey,
  PROJECTION_CHUNK_RECORDS,
  PROJECTION_RECORDS,
  type ProjectionHead,
} from './projection-record.ts'
import { type SwarmJournal, unchanged } from './swarm-journal.ts'

export interface Snapshot extends Pick<ProjectionHead, 'format' | 'cursor' | 'isIncomplete'> {
  readonly chunks: readonly unknown[]
}

export interface SnapshotRecordsModules {
  readonly store: SwarmStore
  readonly journal: SwarmJournal
  readonly logger: Logger
}

const CHUNKS_MAX = 4_096
/** Chunks in one step. */
const STEP = 16

/**
 * The snapshots of one projection in the store. A snapshot is too large for one step: its chunks go to the slot that the
 * newest one does not use, and the head names them once all are there.
 */
export class SnapshotRecords {
  readonly #name: string
  readonly #modules: SnapshotRecordsModules
  /** As it stands in the store; undefined where there is none. */
  #head: ProjectionHead | undefined

  constructor(name: string, modules: SnapshotRecordsModules) {
    this.#name = name
    this.#modules = modules
  }

  /** Undefined where there is none, or where it is damaged. @throws SwarmError `store_unavailable` */
  async newest(): Promise<Snapshot | undefined> {
    const { store, journal, logger } = this.#modules
    try {
      const head = (await store.get(journal.scope, headKey(this.#name)))?.value
      this.#head = head
      if (head === undefined) return undefined
      const { format, cursor, isIncomplete, slot, chunkCounts } = head
      const keys = Array.from({ length: chunkCounts[slot] }, (_, index) => chunkKey(this.#name, slot, index))
      const chunks: unknown[] = []
      for (let from = 0; from < keys.length; from += STEP) {
        const found = await store.getMany(journal.scope, keys.slice(from, from + STEP))
        for (const record of found) {
          assert(record?.value.cursor === cursor, `the snapshot of ${this.#name} is whole`)
          chunks.push(record.value.state)
        }
      }
      return { format, cursor, isIncomplete, chunks }
    } catch (error) {
      if (isSwarmError(error, 'store_unavailable')) throw error
      logger.error({ error, projection: this.#name }, 'snapshot cannot be read')
      return undefined
    }
  }

  /** @throws SwarmError `not_coordinator`, `store_unavailable` */
  async write({ format, cursor, isIncomplete, chunks }: Snapshot): Promise<void> {
    assert(chunks.length <= CHUNKS_MAX, `a snapshot has at most ${CHUNKS_MAX} chunks`)
    const slot = this.#head?.slot === 0 ? 1 : 0
    const before = this.#head?.chunkCounts ?? ([0, 0] as const)
    const puts = chunks.map((state, index) =>
      put(PROJECTION_CHUNK_RECORDS, chunkKey(this.#name, slot, index).id, { cursor, state }),
    )
    const removals = Array.from({ length: Math.max(0, before[slot] - chunks.length) }, (_, index) =>
      remove(PROJECTION_CHUNK_RECORDS, chunkKey(this.#name, slot, chunks.length + index).id),
    )
    const writes: readonly RecordWrite[] = [...puts, ...removals]
    for (let from = 0; from < writes.length; from += STEP) await this.#step(writes.slice(from, from + STEP))
    const chunkCounts: readonly [number, number] =
      slot === 0 ? [chunks.length, before[1]] : [before[0], chunks.length]
    const head = { format, cursor, isIncomplete, slot, chunkCounts } satisfies ProjectionHead
    await this.#step([put(PROJECTION_RECORDS, this.#name, head)])
    this.#head = head
  }

  async #step(writes: readonly RecordWrite[]): Promise<void> {
    await this.#modules.journal.inBulk().transact([], () => ({ ...unchanged(null), writes }))
  }
}
