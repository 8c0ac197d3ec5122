import { SwarmError } from '../../model/errors.ts'
import type { Scope } from '../../model/ids.ts'
import type { SwarmStore } from '../../ports/swarm-store.ts'
import { BUCKET_COUNT } from './edge-bucket.ts'
import {
  bucketFrom,
  TRAIL_BUCKET_RECORDS,
  TRAIL_SET_RECORDS,
  type TrailSetRecord,
  trailBucketId,
} from './trail-records.ts'
import { type EdgeBucket, TrailSet } from './trail-set.ts'

/** A set in memory, as its records stand. */
export interface ShelvedSet {
  readonly set: TrailSet
  /** Of the record of the set. */
  version: number
  requestIds: readonly string[]
}

export interface TrailShelfOptions {
  readonly scope: Scope
  /** Edges in memory, over all sets; a set that was not used for longest is read again when it is needed. */
  readonly edgesHeldMax: number
}

/** The trail sets that the coordinating node holds in memory, read from their records when they are first used. */
export class TrailShelf {
  readonly #options: TrailShelfOptions
  readonly #store: SwarmStore
  /** The one that was used last stands last. */
  readonly #held = new Map<string, Promise<ShelvedSet>>()
  readonly #sizes = new Map<string, number>()

  constructor(options: TrailShelfOptions, { store }: { readonly store: SwarmStore }) {
    this.#options = options
    this.#store = store
  }

  /** @throws SwarmError `trail_set_not_found`, `record_damaged`, `store_unavailable` */
  async get(trailSet: string): Promise<ShelvedSet> {
    const held = this.#held.get(trailSet) ?? this.#read(trailSet)
    this.#held.delete(trailSet)
    this.#held.set(trailSet, held)
    try {
      const shelved = await held
      if (this.#held.get(trailSet) === held) this.#sizes.set(trailSet, shelved.set.header.edgeCount)
      this.#makeRoom(trailSet)
      return shelved
    } catch (error) {
      if (this.#held.get(trailSet) === held) this.drop(trailSet)
      throw error
    }
  }

  /** What is in memory is what was just written. */
  keep(trailSet: string, shelved: ShelvedSet): void {
    this.#held.set(trailSet, Promise.resolve(shelved))
    this.#sizes.set(trailSet, shelved.set.header.edgeCount)
  }

  /** What is in memory may not be what is on record any more. */
  drop(trailSet: string): void {
    this.#held.delete(trailSet)
    this.#sizes.delete(trailSet)
  }

  async #read(trailSet: string): Promise<ShelvedSet> {
    const { scope } = this.#options
    const stored = await this.#store.get(scope, { kind: TRAIL_SET_RECORDS, id: trailSet })
    if (stored === undefined) throw new SwarmError('trail_set_not_found', { trailSet })
    const { requestIds, ...header } = stored.value satisfies TrailSetRecord
    const buckets = header.edgeCount === 0 ? [] : await this.#readBuckets(trailSet)
    return { set: new TrailSet(header, buckets), version: stored.version, requestIds }
  }

  async #readBuckets(trailSet: string): Promise<(readonly [number, EdgeBucket])[]> {
    const indexes = Array.from({ length: BUCKET_COUNT }, (_, index) => index)
    const keys = indexes.map((index) => ({ kind: TRAIL_BUCKET_RECORDS, id: trailBucketId(trailSet, index) }))
    const stored = await this.#store.getMany(this.#options.scope, keys)
    return stored.flatMap((record, index) =>
      record === undefined ? [] : [[index, bucketFrom(record.value)] as const],
    )
  }

  #makeRoom(inUse: string): void {
    let total = [...this.#sizes.values()].reduce((a, b) => a + b, 0)
    for (const trailSet of this.#held.keys()) {
      if (total <= this.#options.edgesHeldMax) return
      if (trailSet === inUse) continue
      total -= this.#sizes.get(trailSet) ?? 0
      this.drop(trailSet)
    }
  }
}
