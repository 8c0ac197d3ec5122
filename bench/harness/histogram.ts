/** Keeps every sample, so that percentiles are exact: a bench round has thousands of them, not millions. */
export class Histogram {
  readonly #samples: number[] = []
  #isSorted = true

  get count(): number {
    return this.#samples.length
  }

  record(value: number): void {
    this.#samples.push(value)
    this.#isSorted = false
  }

  /** The smallest sample that `ratio` of all samples do not exceed (nearest rank); NaN without samples. */
  quantile(ratio: number): number {
    if (!this.#isSorted) this.#samples.sort((a, b) => a - b)
    this.#isSorted = true
    const rank = Math.max(1, Math.ceil(ratio * this.#samples.length))
    return this.#samples[rank - 1] ?? Number.NaN
  }
}

/** The middle value, or the mean of the two middle ones; NaN for an empty list. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const upper = sorted[Math.floor(middle)] ?? Number.NaN
  const lower = sorted[Math.ceil(middle) - 1] ?? Number.NaN
  return (lower + upper) / 2
}
