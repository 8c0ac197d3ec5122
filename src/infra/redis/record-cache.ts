import type { RecordKey } from '#domain/ports/records.ts'
import { isCacheable, type KnownRecord } from './record-codec.ts'

/** Records, of all scopes together, that this node keeps in mind; the one unused for longest goes first. */
const RECORDS_MAX = 100_000

/** One scope's part of the cache, until it is cleared. */
export type CacheSpace = number

/**
 * What this node last saw of the records it works on, so that the steps it commits need not read first.
 *
 * It may be out of date: every commit compares the heads of what its decision rests on, and a step that was
 * decided on old records is decided again.
 */
export class RecordCache {
  readonly #known = new Map<string, KnownRecord>()
  #spaceCount = 0

  /** An empty part. What stood in a part that nobody asks for any more ages out. */
  openSpace(): CacheSpace {
    this.#spaceCount += 1
    return this.#spaceCount
  }

  get(space: CacheSpace, key: RecordKey): KnownRecord | undefined {
    const name = cacheName(space, key)
    const known = this.#known.get(name)
    if (known === undefined) return undefined
    // A Map keeps the order of insertion: what was used last stands last.
    this.#known.delete(name)
    this.#known.set(name, known)
    return known
  }

  set(space: CacheSpace, key: RecordKey, known: KnownRecord): void {
    if (!isCacheable(key.kind)) return
    const name = cacheName(space, key)
    this.#known.delete(name)
    this.#known.set(name, known)
    if (this.#known.size <= RECORDS_MAX) return
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest)
      return
    }
  }

  /** Takes in what was read, unless something is known already: that is from a commit, and newer. */
  learn(space: CacheSpace, key: RecordKey, known: KnownRecord): void {
    if (!this.#known.has(cacheName(space, key))) this.set(space, key, known)
  }

  forget(space: CacheSpace, key: RecordKey): void {
    this.#known.delete(cacheName(space, key))
  }
}

const cacheName = (space: CacheSpace, { kind, id }: RecordKey): string => `${space}/${kind}/${id}`
