/**
 * Remembers at least the newest `sizeMin` entries and at most twice as many, in two generations: when the young one is
 * full it becomes the old one, and the entries of the old one are dropped. Each operation takes constant time.
 */
export class RecentMap<V> {
  readonly #sizeMin: number
  readonly #onDrop: (value: V) => void
  #young = new Map<string, V>()
  #old = new Map<string, V>()

  constructor(sizeMin: number, onDrop: (value: V) => void = () => undefined) {
    this.#sizeMin = sizeMin
    this.#onDrop = onDrop
  }

  get size(): number {
    return this.#young.size + this.#old.size
  }

  get(key: string): V | undefined {
    return this.#young.get(key) ?? this.#old.get(key)
  }

  has(key: string): boolean {
    return this.#young.has(key) || this.#old.has(key)
  }

  set(key: string, value: V): void {
    this.#old.delete(key)
    this.#young.set(key, value)
    if (this.#young.size < this.#sizeMin) return
    const dropped = this.#old
    this.#old = this.#young
    this.#young = new Map()
    for (const old of dropped.values()) this.#onDrop(old)
  }

  delete(key: string): void {
    if (!this.#young.delete(key)) this.#old.delete(key)
  }
}

/** How often each text was counted. */
export function tally(texts: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>()
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1)
  return counts
}

/** The name that stands for all that are too rare to be judged apart; no id may contain a space. */
export const POOLED = ' pooled'

/** Numbers the texts counted at least `countMin` times; the others share the number of {@link POOLED}. */
export class Categories {
  readonly names: string[] = []
  readonly #numbers = new Map<string, number>()

  constructor(texts: Iterable<string>, countMin: number) {
    for (const [text, count] of tally(texts))
      if (count >= countMin) this.#numbers.set(text, this.names.push(text) - 1)
    this.names.push(POOLED)
  }

  numberOf(text: string): number {
    return this.#numbers.get(text) ?? this.names.length - 1
  }
}

/** A bounded map: adding to a full one drops its oldest entry. */
export class BoundedMap<V> extends Map<string, V> {
  readonly #sizeMax: number

  constructor(sizeMax: number) {
    super()
    this.#sizeMax = sizeMax
  }

  override set(key: string, value: V): this {
    super.set(key, value)
    if (this.size > this.#sizeMax) for (const oldest of this.keys()) return this.#drop(oldest)
    return this
  }

  #drop(key: string): this {
    this.delete(key)
    return this
  }
}

/** The items under their keys, both in the order in which they came. */
export function groupBy<T, K>(items: Iterable<T>, keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [item])
    else group.push(item)
  }
  return groups
}
