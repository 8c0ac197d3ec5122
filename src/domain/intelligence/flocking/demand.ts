import type { FlockRow } from './flock-row.ts'
import { RecentMap } from './recent-map.ts'

const KINDS_MAX = 1_000
/** Work that is looked back on, in tasks. */
const WINDOW = 500
/** Below this the scale of the sums is set back; far above the smallest number that is exact. */
const SCALE_MIN = 1e-100

/** Which share of the swarm's work each kind is, over about the last 500 tasks. */
export class Demand {
  readonly #sums = new RecentMap<string, number>(KINDS_MAX)
  #total = 0
  /** What one unit counts now: sums grow in place of fading, one by one. */
  #unit = 1

  /** Work that began. */
  add(kind: string, amount: number): void {
    this.#unit /= 1 - 1 / WINDOW
    this.#sums.set(kind, (this.#sums.get(kind) ?? 0) + amount * this.#unit)
    this.#total += amount * this.#unit
    if (1 / this.#unit < SCALE_MIN) this.#rescale()
  }

  /** 0 to 1. */
  share(kind: string): number {
    return this.#total > 0 ? (this.#sums.get(kind) ?? 0) / this.#total : 0
  }

  *rows(): Generator<FlockRow> {
    this.#rescale()
    for (const [kind, sum] of this.#sums) yield ['demand', kind, sum]
  }

  restore(row: FlockRow): void {
    if (row[0] !== 'demand') return
    this.#sums.set(row[1], row[2])
    this.#total += row[2]
  }

  #rescale(): void {
    const sums = [...this.#sums].map(([kind, sum]) => [kind, sum / this.#unit] as const)
    this.#total = 0
    for (const [kind, sum] of sums) {
      this.#sums.set(kind, sum)
      this.#total += sum
    }
    this.#unit = 1
  }
}
