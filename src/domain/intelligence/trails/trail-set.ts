import { bucketOf } from './edge-bucket.ts'
import { StrongestTrails, type TrailLevel } from './strongest-trails.ts'
import { levelAt, type TrailMark } from './trail-level.ts'
import type { TrailSettings } from './trail-settings.ts'

/** What one trail set is beside its edges. Plain JSON data. */
export interface TrailSetHeader {
  readonly trailSet: string
  readonly settings: TrailSettings
  /** Spreads the edges over their buckets. */
  readonly salt: number
  readonly createdAt: number
  /** Place on the time axis from which the initial level fades: of the creation, or of the last clear. */
  readonly startedAt: number
  /** Newest place on the time axis that the set has seen. In milliseconds, or in deposit requests. */
  readonly latestAt: number
  /** Edges with a deposit that still counts. */
  readonly edgeCount: number
}

export type EdgeBucket = ReadonlyMap<string, TrailMark>

/** What a step changes; a bucket that is empty is removed. */
export interface TrailChange {
  readonly header: TrailSetHeader
  readonly buckets: ReadonlyMap<number, EdgeBucket>
}

export interface TopRequest {
  readonly countMax: number
  /** Only edges whose name begins with it. */
  readonly prefix: string
}

const EMPTY: EdgeBucket = new Map()

/** A set of trails in memory: what its records say, ready to be read at any moment. Reading changes nothing. */
export class TrailSet {
  readonly #buckets: Map<number, EdgeBucket>
  #header: TrailSetHeader

  constructor(header: TrailSetHeader, buckets: Iterable<readonly [number, EdgeBucket]> = []) {
    this.#header = header
    this.#buckets = new Map(buckets)
  }

  get header(): TrailSetHeader {
    return this.#header
  }

  get buckets(): ReadonlyMap<number, EdgeBucket> {
    return this.#buckets
  }

  bucket(index: number): EdgeBucket {
    return this.#buckets.get(index) ?? EMPTY
  }

  /** The level of an edge at a time of day in milliseconds; the faded initial level where nothing was deposited. */
  read(edge: string, nowMs: number): number {
    const { settings, salt } = this.#header
    const mark = this.bucket(bucketOf(edge, salt)).get(edge) ?? untouched(this.#header)
    return levelAt(settings, mark, placeOf(this.#header, nowMs))
  }

  /** The edges with the highest levels, highest first, equal ones by name. Edges without a deposit are left out. */
  top({ countMax, prefix }: TopRequest, nowMs: number): TrailLevel[] {
    const at = placeOf(this.#header, nowMs)
    const strongest = new StrongestTrails(countMax)
    for (const bucket of this.#buckets.values()) {
      for (const [edge, mark] of bucket) {
        if (edge.startsWith(prefix))
          strongest.offer({ edge, level: levelAt(this.#header.settings, mark, at) })
      }
    }
    return strongest.inOrder()
  }

  /** Makes a change that was planned on this set, and is on record now, its own. */
  apply({ header, buckets }: TrailChange): void {
    this.#header = header
    for (const [index, bucket] of buckets) {
      if (bucket.size === 0) this.#buckets.delete(index)
      else this.#buckets.set(index, bucket)
    }
  }
}

/** The mark of an edge that has had no deposit. */
export function untouched({ settings, startedAt }: TrailSetHeader): TrailMark {
  return { level: settings.initial, at: startedAt }
}

/** Where a set stands on its time axis. A clock that was set back stands still for it. */
export function placeOf({ settings, latestAt }: TrailSetHeader, nowMs: number): number {
  return settings.evaporation.unit === 'ms' ? Math.max(nowMs, latestAt) : latestAt
}
