import type { Clock } from '#domain/ports/clock.ts'
import type { Ids, Random } from '#domain/ports/random.ts'

/** The same numbers for the same seed, on every machine. Mulberry32: 32 bits of state, enough for tests. */
export class SeededRandom implements Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }

  /** A whole number from 0 up to and without `bound`. */
  integer(bound: number): number {
    return Math.floor(this.next() * bound)
  }

  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('nothing to pick from')
    return items[this.integer(items.length)] as T
  }

  /** An independent generator, so that one part's draws do not shift another's. */
  fork(): SeededRandom {
    return new SeededRandom(Math.floor(this.next() * 4_294_967_296))
  }
}

/** Ids that a seed and a clock determine, and that sort by the time they were made. */
export class SeededIds implements Ids {
  readonly #random: Random
  readonly #clock: Clock
  #lastMs = 0
  #count = 0

  constructor({ random, clock }: { readonly random: Random; readonly clock: Clock }) {
    this.#random = random
    this.#clock = clock
  }

  next(): string {
    this.#lastMs = Math.max(this.#lastMs, this.#clock.now())
    this.#count += 1
    const suffix = Math.floor(this.#random.next() * 4_294_967_296)
    return `${hex(this.#lastMs, 12)}-${hex(this.#count, 8)}-${hex(suffix, 8)}`
  }
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}
