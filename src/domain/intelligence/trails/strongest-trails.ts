export interface TrailLevel {
  readonly edge: string
  readonly level: number
}

/** Keeps the strongest of any number of trails, in memory for `countMax` of them. */
export class StrongestTrails {
  readonly #countMax: number
  /** In order, strongest first. */
  readonly #kept: TrailLevel[] = []

  constructor(countMax: number) {
    this.#countMax = countMax
  }

  offer(trail: TrailLevel): void {
    const weakest = this.#kept.at(-1)
    if (this.#kept.length >= this.#countMax && weakest !== undefined && !precedes(trail, weakest)) return
    this.#kept.splice(this.#placeOf(trail), 0, trail)
    if (this.#kept.length > this.#countMax) this.#kept.pop()
  }

  inOrder(): TrailLevel[] {
    return [...this.#kept]
  }

  #placeOf(trail: TrailLevel): number {
    let low = 0
    let high = this.#kept.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const there = this.#kept[middle]
      if (there !== undefined && precedes(there, trail)) low = middle + 1
      else high = middle
    }
    return low
  }
}

function precedes(a: TrailLevel, b: TrailLevel): boolean {
  return a.level > b.level || (a.level === b.level && a.edge < b.edge)
}
