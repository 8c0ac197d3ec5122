const FIRST_CAPACITY = 4

/** The documents that hold one term, in ascending order, each with the term's weighted frequency in it. */
export class PostingList {
  #documents = new Uint32Array(FIRST_CAPACITY)
  #frequencies = new Float32Array(FIRST_CAPACITY)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** @param document greater than every document in the list */
  push(document: number, frequency: number): void {
    if (this.#length === this.#documents.length) this.#resize(Math.ceil(this.#length * 1.5))
    this.#documents[this.#length] = document
    this.#frequencies[this.#length] = frequency
    this.#length += 1
  }

  /** The first {@link length} places count. */
  get documents(): Uint32Array {
    return this.#documents
  }

  /** Place by place as {@link documents}. */
  get frequencies(): Float32Array {
    return this.#frequencies
  }

  /** The term's frequency in the document; 0 where the list does not have it. Binary search. */
  frequencyIn(document: number): number {
    let [low, high] = [0, this.#length - 1]
    while (low <= high) {
      const middle = (low + high) >>> 1
      const found = this.#documents[middle] as number
      if (found === document) return this.#frequencies[middle] as number
      if (found < document) low = middle + 1
      else high = middle - 1
    }
    return 0
  }

  /** Gives the documents new numbers and drops those whose new number is negative. The order must stay. */
  renumber(numbers: Int32Array): void {
    let kept = 0
    for (let at = 0; at < this.#length; at += 1) {
      const number = numbers[this.#documents[at] as number] as number
      if (number < 0) continue
      this.#documents[kept] = number
      this.#frequencies[kept] = this.#frequencies[at] as number
      kept += 1
    }
    this.#length = kept
    this.#resize(Math.max(FIRST_CAPACITY, kept))
  }

  #resize(capacity: number): void {
    const documents = new Uint32Array(capacity)
    const frequencies = new Float32Array(capacity)
    documents.set(this.#documents.subarray(0, this.#length))
    frequencies.set(this.#frequencies.subarray(0, this.#length))
    this.#documents = documents
    this.#frequencies = frequencies
  }
}
