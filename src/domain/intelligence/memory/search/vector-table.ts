import { type Scored, TopList } from './top-list.ts'

const ROWS_PER_BLOCK = 1_024

/** Vectors of one length by document, scaled to length 1; searched by an exact scan. */
export class VectorTable {
  readonly #dimensions: number
  readonly #blocks: Float32Array[] = []
  #documents: number[] = []
  #rows = new Map<number, number>()

  constructor(dimensions: number) {
    this.#dimensions = dimensions
  }

  get size(): number {
    return this.#documents.length
  }

  set(document: number, vector: Float32Array): void {
    const row = this.#rows.get(document) ?? this.#documents.push(document) - 1
    this.#rows.set(document, row)
    if (row === this.#blocks.length * ROWS_PER_BLOCK)
      this.#blocks.push(new Float32Array(ROWS_PER_BLOCK * this.#dimensions))
    this.#row(row).set(scaled(vector))
  }

  /** The last row takes the free place. */
  remove(document: number): void {
    const row = this.#rows.get(document)
    if (row === undefined) return
    const last = this.#documents.length - 1
    const moved = this.#documents[last] as number
    this.#row(row).set(this.#row(last))
    this.#documents[row] = moved
    this.#rows.set(moved, row)
    this.#documents.pop()
    this.#rows.delete(document)
    if (last <= (this.#blocks.length - 1) * ROWS_PER_BLOCK) this.#blocks.pop()
  }

  /** Cosine similarity, -1 to 1, of the documents that match. */
  search(vector: Float32Array, countMax: number, matches: (document: number) => boolean): readonly Scored[] {
    const query = scaled(vector)
    const top = new TopList(countMax)
    for (let row = 0; row < this.#documents.length; row += 1) {
      const similarity = product(this.#row(row), query)
      const document = this.#documents[row] as number
      if (similarity >= top.threshold && matches(document)) top.offer(document, similarity)
    }
    return top.descending()
  }

  renumber(numbers: Int32Array): void {
    this.#documents = this.#documents.map((document) => numbers[document] as number)
    this.#rows = new Map(this.#documents.map((document, row) => [document, row]))
  }

  #row(row: number): Float32Array {
    const block = this.#blocks[Math.floor(row / ROWS_PER_BLOCK)] as Float32Array
    const start = (row % ROWS_PER_BLOCK) * this.#dimensions
    return block.subarray(start, start + this.#dimensions)
  }
}

function product(a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (let at = 0; at < b.length; at += 1) sum += (a[at] as number) * (b[at] as number)
  return sum
}

/** A vector of zeros stays one: it is equally far from everything. */
function scaled(vector: Float32Array): Float32Array {
  const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0))
  return norm === 0 ? vector : vector.map((value) => value / norm)
}
