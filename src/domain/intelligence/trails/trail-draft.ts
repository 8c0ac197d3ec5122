import { SwarmError } from '../../model/errors.ts'
import { bucketOf } from './edge-bucket.ts'
import { areAlike, deposited, type TrailMark } from './trail-level.ts'
import {
  type EdgeBucket,
  placeOf,
  type TrailChange,
  type TrailSet,
  type TrailSetHeader,
  untouched,
} from './trail-set.ts'

export interface TrailDeposit {
  readonly edge: string
  /** Added to the level; negative weakens the trail. */
  readonly amount: number
}

export interface TrailDraftOptions {
  /** Most edges of a set that have a deposit which still counts. */
  readonly edgesMax: number
}

/**
 * The next state of a trail set, made of one or several requests, while the set itself stays as it is on record. A
 * request that is refused leaves the draft as it was.
 */
export class TrailDraft {
  readonly #options: TrailDraftOptions
  readonly #set: TrailSet
  readonly #changed = new Map<number, Map<string, TrailMark>>()
  #header: TrailSetHeader

  constructor(options: TrailDraftOptions, set: TrailSet) {
    this.#options = options
    this.#set = set
    this.#header = set.header
  }

  get change(): TrailChange {
    return { header: this.#header, buckets: this.#changed }
  }

  /**
   * Adds the amounts as one request: one moment of time, one unit where the set evaporates by deposits. Amounts of the
   * same edge are summed first.
   *
   * @throws SwarmError `limit_exceeded` with `trailEdgesMax`
   */
  deposit(deposits: readonly TrailDeposit[], nowMs: number): void {
    const { settings } = this.#header
    const unit = settings.evaporation.unit === 'deposits' ? 1 : 0
    const at = placeOf(this.#header, nowMs) + unit
    const sums = sumByEdge(deposits)
    const newCount = [...sums.keys()].filter((edge) => this.#markOf(edge) === undefined).length
    this.#makeRoom(newCount, at)
    const fresh = untouched(this.#header)
    for (const [edge, amount] of sums) {
      const bucket = this.#writable(bucketOf(edge, this.#header.salt))
      bucket.set(edge, deposited(settings, bucket.get(edge) ?? fresh, { level: amount, at }))
    }
    this.#header = { ...this.#header, latestAt: at, edgeCount: this.#header.edgeCount + newCount }
  }

  /** Sets the named edges back to an edge without deposits. Returns how many had one. */
  clearEdges(edges: readonly string[]): number {
    let count = 0
    for (const edge of edges) {
      if (this.#markOf(edge) === undefined) continue
      this.#writable(bucketOf(edge, this.#header.salt)).delete(edge)
      count += 1
    }
    this.#header = { ...this.#header, edgeCount: this.#header.edgeCount - count }
    return count
  }

  /** Sets the whole set back to its initial level, as it was at its creation. Returns how many edges had a deposit. */
  clear(nowMs: number): number {
    const count = this.#header.edgeCount
    for (const index of this.#set.buckets.keys()) this.#changed.set(index, new Map())
    for (const bucket of this.#changed.values()) bucket.clear()
    const at = placeOf(this.#header, nowMs)
    this.#header = { ...this.#header, startedAt: at, latestAt: at, edgeCount: 0 }
    return count
  }

  #makeRoom(newCount: number, at: number): void {
    const { edgesMax } = this.#options
    if (newCount === 0 || this.#header.edgeCount + newCount <= edgesMax) return
    this.#forgetFaded(at)
    const actual = this.#header.edgeCount + newCount
    if (actual > edgesMax)
      throw new SwarmError('limit_exceeded', { limitName: 'trailEdgesMax', limit: edgesMax, actual })
  }

  /** Edges that read like edges without a deposit take no room. */
  #forgetFaded(at: number): void {
    const fresh = untouched(this.#header)
    const { settings } = this.#header
    let count = 0
    for (const index of this.#indexes()) {
      for (const [edge, mark] of this.#bucket(index)) {
        if (!areAlike(settings, mark, fresh, at)) continue
        this.#writable(index).delete(edge)
        count += 1
      }
    }
    this.#header = { ...this.#header, edgeCount: this.#header.edgeCount - count }
  }

  #indexes(): Set<number> {
    return new Set([...this.#set.buckets.keys(), ...this.#changed.keys()])
  }

  #markOf(edge: string): TrailMark | undefined {
    return this.#bucket(bucketOf(edge, this.#header.salt)).get(edge)
  }

  #bucket(index: number): EdgeBucket {
    return this.#changed.get(index) ?? this.#set.bucket(index)
  }

  #writable(index: number): Map<string, TrailMark> {
    const changed = this.#changed.get(index)
    if (changed !== undefined) return changed
    const copy = new Map(this.#set.bucket(index))
    this.#changed.set(index, copy)
    return copy
  }
}

function sumByEdge(deposits: readonly TrailDeposit[]): Map<string, number> {
  const sums = new Map<string, number>()
  for (const { edge, amount } of deposits) sums.set(edge, (sums.get(edge) ?? 0) + amount)
  return sums
}
