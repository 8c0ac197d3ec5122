/** Small numbers for names that many documents share. Names are kept for as long as the index is. */
export class Names {
  readonly #numbers = new Map<string, number>()

  of(name: string): number {
    const known = this.#numbers.get(name)
    if (known !== undefined) return known
    this.#numbers.set(name, this.#numbers.size)
    return this.#numbers.size - 1
  }

  find(name: string): number | undefined {
    return this.#numbers.get(name)
  }
}
