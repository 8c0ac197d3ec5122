export interface Scored {
  readonly document: number
  readonly score: number
}

/** The documents with the greatest scores; of equal ones those with the lower number. A binary heap, the least on top. */
export class TopList {
  readonly #countMax: number
  readonly #heap: Scored[] = []

  constructor(countMax: number) {
    this.#countMax = countMax
  }

  /** A score that is not above it cannot enter any more. */
  get threshold(): number {
    return this.#heap.length < this.#countMax ? -Infinity : (this.#heap[0] as Scored).score
  }

  offer(document: number, score: number): void {
    const heap = this.#heap
    const entry = { document, score }
    if (heap.length < this.#countMax) {
      heap.push(entry)
      this.#rise(heap.length - 1)
    } else if (isBelow(heap[0] as Scored, entry)) {
      heap[0] = entry
      this.#sink(0)
    }
  }

  descending(): readonly Scored[] {
    return this.#heap.toSorted((a, b) => (isBelow(a, b) ? 1 : -1))
  }

  #rise(from: number): void {
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >> 1
      if (!isBelow(this.#heap[at] as Scored, this.#heap[parent] as Scored)) return
      this.#swap(at, parent)
      at = parent
    }
  }

  #sink(from: number): void {
    for (let at = from; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2]
      let least = at
      for (const child of [left, right]) {
        if (child < this.#heap.length && isBelow(this.#heap[child] as Scored, this.#heap[least] as Scored))
          least = child
      }
      if (least === at) return
      this.#swap(at, least)
      at = least
    }
  }

  #swap(a: number, b: number): void {
    const kept = this.#heap[a] as Scored
    this.#heap[a] = this.#heap[b] as Scored
    this.#heap[b] = kept
  }
}

function isBelow(a: Scored, b: Scored): boolean {
  return a.score < b.score || (a.score === b.score && a.document > b.document)
}
