import type { RecordKey } from '#domain/ports/records.ts'
import type { KnownRecord } from './record-codec.ts'

/** Records, of all scopes together, in each of the two generations. */
const GENERATION_MAX = 50_000
/** Characters of those that are text, in each generation. */
const GENERATION_TEXT_MAX = 16 * 1_024 * 1_024
/** Longer texts are read again where they are needed. */
const TEXT_MAX = 8_192

/** One scope's part of the cache, until it is cleared. */
export type CacheSpace = number

/**
 * What this node last saw of the records it works on, so that the steps it commits need not read first.
 *
 * It may be out of date: every commit compares the heads of what its decision rests on, and a step that was
 * decided on old records is decided again.
 *
 * Kept in two generations: what is asked for moves into the young one, and when that is full the old one goes in a
 * piece. It costs less than a list in the order of use, and forgets nearly the same.
 */
export class RecordCache {
  #young = new Map<string, KnownRecord>()
  #old = new Map<string, KnownRecord>()
  #youngTextSize = 0
  #spaceCount = 0

  /** An empty part. What stood in a part that nobody asks for any more ages out. */
  openSpace(): CacheSpace {
    this.#spaceCount += 1
    return this.#spaceCount
  }

  get(space: CacheSpace, key: RecordKey): KnownRecord | undefined {
    const name = cacheName(space, key)
    const young = this.#young.get(name)
    if (young !== undefined) return young
    const old = this.#old.get(name)
    if (old !== undefined) this.#keep(name, old)
    return old
  }

  set(space: CacheSpace, key: RecordKey, known: KnownRecord): void {
    if (key.kind.isCached && textSizeOf(known) <= TEXT_MAX) this.#keep(cacheName(space, key), known)
    else this.forget(space, key)
  }

  /** Takes in what was read, unless something is known already: that is from a commit, and newer. */
  learn(space: CacheSpace, key: RecordKey, known: KnownRecord): void {
    if (this.get(space, key) === undefined) this.set(space, key, known)
  }

  forget(space: CacheSpace, key: RecordKey): void {
    const name = cacheName(space, key)
    this.#young.delete(name)
    this.#old.delete(name)
  }

  #keep(name: string, known: KnownRecord): void {
    this.#young.set(name, known)
    this.#youngTextSize += textSizeOf(known)
    if (this.#young.size < GENERATION_MAX && this.#youngTextSize < GENERATION_TEXT_MAX) return
    this.#old = this.#young
    this.#young = new Map()
    this.#youngTextSize = 0
  }
}

const textSizeOf = ({ value }: KnownRecord): number => (typeof value === 'string' ? value.length : 0)

const cacheName = (space: CacheSpace, { kind, id }: RecordKey): string => `${space}/${kind.name}/${id}`
