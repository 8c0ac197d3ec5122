interface Sequence {
  /** Ascending; records with one position stand in the order in which they came. */
  readonly positions: number[]
  readonly documents: number[]
}

/** Which record stands before and after which, in the sequences that records name (the turns of a conversation). */
export class SequenceTable {
  readonly #sequences = new Map<string, Sequence>()
  readonly #link: (document: number, previous: number, next: number) => void

  /** @param link told of every document whose neighbours change; -1 where there is none */
  constructor(link: (document: number, previous: number, next: number) => void) {
    this.#link = link
  }

  add(name: string, position: number, document: number): void {
    let sequence = this.#sequences.get(name)
    if (sequence === undefined) {
      sequence = { positions: [], documents: [] }
      this.#sequences.set(name, sequence)
    }
    const at = upperBound(sequence.positions, position)
    sequence.positions.splice(at, 0, position)
    sequence.documents.splice(at, 0, document)
    this.#relink(sequence, at - 1, at + 1)
  }

  remove(name: string, position: number, document: number): void {
    const sequence = this.#sequences.get(name)
    if (sequence === undefined) return
    let at = upperBound(sequence.positions, position) - 1
    while (at >= 0 && sequence.documents[at] !== document) at -= 1
    if (at < 0) return
    sequence.positions.splice(at, 1)
    sequence.documents.splice(at, 1)
    this.#link(document, -1, -1)
    if (sequence.documents.length === 0) this.#sequences.delete(name)
    else this.#relink(sequence, at - 1, at)
  }

  renumber(numbers: Int32Array): void {
    for (const { documents } of this.#sequences.values()) {
      for (let at = 0; at < documents.length; at += 1)
        documents[at] = numbers[documents[at] as number] as number
    }
  }

  #relink({ documents }: Sequence, from: number, to: number): void {
    for (let at = Math.max(0, from); at <= Math.min(to, documents.length - 1); at += 1)
      this.#link(documents[at] as number, documents[at - 1] ?? -1, documents[at + 1] ?? -1)
  }
}

/** The first place behind all positions that are not greater. */
function upperBound(positions: readonly number[], position: number): number {
  // Most records are appended.
  if ((positions.at(-1) ?? -Infinity) <= position) return positions.length
  let [low, high] = [0, positions.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((positions[middle] as number) <= position) low = middle + 1
    else high = middle
  }
  return low
}
