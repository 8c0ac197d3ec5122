/** A mean in which the newest of `span` values or so count: the weight of a new value never falls below 1 / `span`. */
export class RunningMean {
  readonly #span: number
  #count = 0
  #mean = 0

  constructor(span: number) {
    this.#span = span
  }

  get count(): number {
    return this.#count
  }

  /** undefined before the first value. */
  get value(): number | undefined {
    return this.#count === 0 ? undefined : this.#mean
  }

  add(value: number): void {
    this.#count += 1
    this.#mean += (value - this.#mean) / Math.min(this.#count, this.#span)
  }
}
