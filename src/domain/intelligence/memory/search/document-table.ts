import type { IndexedRecord, SearchFilter } from './index-record.ts'
import { Names } from './names.ts'
import { SequenceTable } from './sequence-table.ts'

const FIRST_CAPACITY = 1_024
const NO_EXPIRY = Number.POSITIVE_INFINITY

interface Columns {
  readonly length: Float32Array
  readonly time: Float64Array
  readonly expiry: Float64Array
  readonly namespace: Int32Array
  readonly author: Int32Array
  readonly previous: Int32Array
  readonly next: Int32Array
  readonly isLive: Uint8Array
}

/** What the index knows of each document beside its words, in columns. A document's number is never given again. */
export class DocumentTable {
  readonly sequences = new SequenceTable((document, previous, next) => {
    this.columns.previous[document] = previous
    this.columns.next[document] = next
  })
  columns: Columns = columnsOf(FIRST_CAPACITY)
  #ids: string[] = []
  #numbers = new Map<string, number>()
  #tags = new Map<number, Int32Array>()
  #places = new Map<number, { readonly sequence: string; readonly position: number }>()
  readonly #namespaces = new Names()
  readonly #authors = new Names()
  readonly #tagNames = new Names()
  #lengthSum = 0

  /** Numbers given so far, those of documents that are gone included. */
  get size(): number {
    return this.#ids.length
  }

  get liveCount(): number {
    return this.#numbers.size
  }

  get meanLength(): number {
    return this.liveCount === 0 ? 1 : Math.max(1, this.#lengthSum / this.liveCount)
  }

  idOf(document: number): string {
    return this.#ids[document] as string
  }

  find(id: string): number | undefined {
    return this.#numbers.get(id)
  }

  add(record: IndexedRecord, length: number): number {
    const document = this.#ids.push(record.id) - 1
    if (document === this.columns.length.length) this.columns = grown(this.columns, document * 2)
    const { columns } = this
    columns.length[document] = length
    columns.time[document] = record.timeMs
    columns.expiry[document] = record.expiresAtMs ?? NO_EXPIRY
    columns.namespace[document] = this.#namespaces.of(record.namespace)
    columns.author[document] = record.author === undefined ? -1 : this.#authors.of(record.author)
    columns.previous[document] = -1
    columns.next[document] = -1
    columns.isLive[document] = 1
    this.#numbers.set(record.id, document)
    this.#lengthSum += length
    if (record.tags.length > 0)
      this.#tags.set(
        document,
        Int32Array.from(record.tags, (tag) => this.#tagNames.of(tag)),
      )
    if (record.sequence !== undefined) {
      const { name, position } = record.sequence
      const sequence = `${record.namespace}/${name}`
      this.#places.set(document, { sequence, position })
      this.sequences.add(sequence, position, document)
    }
    return document
  }

  remove(id: string): number | undefined {
    const document = this.#numbers.get(id)
    if (document === undefined) return undefined
    const place = this.#places.get(document)
    if (place !== undefined) this.sequences.remove(place.sequence, place.position, document)
    this.#numbers.delete(id)
    this.#tags.delete(document)
    this.#places.delete(document)
    this.#lengthSum -= this.columns.length[document] as number
    this.columns.isLive[document] = 0
    return document
  }

  /** A test for the documents that a search may give out. */
  matcher(filter: SearchFilter, nowMs: number): (document: number) => boolean {
    const { columns } = this
    const namespaces = new Set(filter.namespaces.map((name) => this.#namespaces.find(name)))
    const author = filter.author === undefined ? undefined : (this.#authors.find(filter.author) ?? -2)
    const tags = (filter.tags ?? []).map((tag) => this.#tagNames.find(tag) ?? -1)
    const [from, to] = [filter.fromMs ?? -Infinity, filter.toMs ?? Infinity]
    return (document) => {
      if (columns.isLive[document] === 0 || !namespaces.has(columns.namespace[document])) return false
      if ((columns.expiry[document] as number) <= nowMs) return false
      if (author !== undefined && columns.author[document] !== author) return false
      const time = columns.time[document] as number
      if (time < from || time > to) return false
      return tags.length === 0 || this.#hasTags(document, tags)
    }
  }

  /**
   * Gives the live documents the first numbers, in their order.
   * @returns the new number of each old one; -1 for those that are gone
   */
  compact(): Int32Array {
    const numbers = new Int32Array(this.size).fill(-1)
    const columns = columnsOf(Math.max(FIRST_CAPACITY, Math.ceil(this.liveCount * 1.25)))
    const ids: string[] = []
    for (let document = 0; document < this.size; document += 1) {
      if (this.columns.isLive[document] === 0) continue
      numbers[document] = ids.push(this.idOf(document)) - 1
    }
    const renumbered = (document: number): number => (document < 0 ? -1 : (numbers[document] as number))
    for (let document = 0; document < this.size; document += 1) {
      const number = numbers[document] as number
      if (number < 0) continue
      for (const name of COLUMN_NAMES) columns[name][number] = this.columns[name][document] as number
      columns.previous[number] = renumbered(columns.previous[number] as number)
      columns.next[number] = renumbered(columns.next[number] as number)
    }
    this.columns = columns
    this.#ids = ids
    this.#numbers = new Map(ids.map((id, number) => [id, number]))
    this.#tags = rekeyed(this.#tags, numbers)
    this.#places = rekeyed(this.#places, numbers)
    this.sequences.renumber(numbers)
    return numbers
  }

  #hasTags(document: number, tags: readonly number[]): boolean {
    const own = this.#tags.get(document)
    return own !== undefined && tags.every((tag) => own.includes(tag))
  }
}

const COLUMN_NAMES = [
  'length',
  'time',
  'expiry',
  'namespace',
  'author',
  'previous',
  'next',
  'isLive',
] as const satisfies (keyof Columns)[]

function columnsOf(capacity: number): Columns {
  return {
    length: new Float32Array(capacity),
    time: new Float64Array(capacity),
    expiry: new Float64Array(capacity),
    namespace: new Int32Array(capacity),
    author: new Int32Array(capacity),
    previous: new Int32Array(capacity),
    next: new Int32Array(capacity),
    isLive: new Uint8Array(capacity),
  }
}

function grown(columns: Columns, capacity: number): Columns {
  const larger = columnsOf(capacity)
  for (const name of COLUMN_NAMES) larger[name].set(columns[name])
  return larger
}

function rekeyed<T>(entries: ReadonlyMap<number, T>, numbers: Int32Array): Map<number, T> {
  return new Map([...entries].map(([document, value]) => [numbers[document] as number, value]))
}
