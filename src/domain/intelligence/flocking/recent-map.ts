/** A map of bounded size that forgets the entry that was not set for longest. */
export class RecentMap<K, V> extends Map<K, V> {
  readonly #sizeMax: number

  constructor(sizeMax: number, entries: Iterable<readonly [K, V]> = []) {
    super()
    this.#sizeMax = sizeMax
    for (const [key, value] of entries) this.set(key, value)
  }

  override set(key: K, value: V): this {
    this.delete(key)
    super.set(key, value)
    if (this.size > this.#sizeMax) {
      for (const oldest of this.keys()) {
        this.delete(oldest)
        break
      }
    }
    return this
  }
}
