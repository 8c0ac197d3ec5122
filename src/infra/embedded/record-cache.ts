/**
 * Values by name, as many as fit into a budget, the least recently used forgotten first.
 *
 * Kept as two generations: what is asked for moves into the young one, and when that is full the old one goes in a
 * piece. It costs less than a list in the order of use, and forgets nearly the same.
 */
export class RecordCache<T> {
  readonly #sizeMax: number
  #young = new Map<string, T>()
  #old = new Map<string, T>()
  #youngSize = 0

  /** @param sizeMax of one generation, in the unit of {@link set}'s `size` */
  constructor(sizeMax: number) {
    this.#sizeMax = sizeMax
  }

  get(name: string): T | undefined {
    return this.#young.get(name) ?? this.#old.get(name)
  }

  set(name: string, value: T, size: number): void {
    if (this.#youngSize + size > this.#sizeMax) {
      this.#old = this.#young
      this.#young = new Map()
      this.#youngSize = 0
    }
    this.#youngSize += size
    this.#young.set(name, value)
    // Otherwise the old value would come back to light when the young one is deleted.
    this.#old.delete(name)
  }

  delete(name: string): void {
    this.#young.delete(name)
    this.#old.delete(name)
  }

  clear(): void {
    this.#young = new Map()
    this.#old = new Map()
    this.#youngSize = 0
  }
}
