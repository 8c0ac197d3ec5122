import type { DurationSummary } from './monitor-report.ts'

/** Growth of one bucket over the one before: a quantile is at most 5 % too high. */
const GROWTH = 1.05
const BUCKETS = 400
const LOG_GROWTH = Math.log(GROWTH)

/** Durations from 0 to 79 hours in logarithmic buckets: fixed memory, whatever comes (after HdrHistogram). */
class Buckets {
  readonly #counts = new Uint32Array(BUCKETS)
  count = 0
  sumMs = 0
  maxMs = 0

  record(durationMs: number): void {
    const index = Math.min(BUCKETS - 1, Math.ceil(Math.log(Math.max(1, durationMs)) / LOG_GROWTH))
    this.#counts[index] = (this.#counts[index] ?? 0) + 1
    this.count += 1
    this.sumMs += durationMs
    this.maxMs = Math.max(this.maxMs, durationMs)
  }

  addTo(total: Float64Array): void {
    for (const [index, count] of this.#counts.entries()) total[index] = (total[index] ?? 0) + count
  }
}

/** Durations of the newest window: two halves, of which the older is dropped whenever the younger is full. */
export class DurationHistogram {
  readonly #halfMax: number
  #older = new Buckets()
  #younger = new Buckets()

  constructor(windowMax = 10_000) {
    this.#halfMax = windowMax / 2
  }

  record(durationMs: number): void {
    if (this.#younger.count >= this.#halfMax) {
      this.#older = this.#younger
      this.#younger = new Buckets()
    }
    this.#younger.record(durationMs)
  }

  summary(): DurationSummary {
    const counts = new Float64Array(BUCKETS)
    this.#older.addTo(counts)
    this.#younger.addTo(counts)
    const count = this.#older.count + this.#younger.count
    const maxMs = Math.max(this.#older.maxMs, this.#younger.maxMs)
    const quantile = (q: number): number => Math.min(maxMs, quantileOf(counts, q * count))
    return {
      count,
      meanMs: count === 0 ? 0 : (this.#older.sumMs + this.#younger.sumMs) / count,
      p50Ms: quantile(0.5),
      p90Ms: quantile(0.9),
      p99Ms: quantile(0.99),
      maxMs,
    }
  }
}

function quantileOf(counts: Float64Array, wanted: number): number {
  let seen = 0
  for (const [index, count] of counts.entries()) {
    seen += count
    if (count > 0 && seen >= wanted) return index === 0 ? 1 : GROWTH ** index
  }
  return 0
}
