import { DocumentTable } from './document-table.ts'
import type { IndexedRecord, IndexHit, IndexQuery } from './index-record.ts'
import { LexicalSearch, parseQuery, type QueryTerm } from './lexical-search.ts'
import { fuseRankings } from './reciprocal-rank-fusion.ts'
import type { Scored } from './top-list.ts'
import { VectorTable } from './vector-table.ts'
import { Vocabulary } from './vocabulary.ts'

/** Each ranking of a hybrid search is this much longer than what is asked for: fusion needs what lies below the best. */
const FUSED_DEPTH = 10
/** The index is compacted where more documents than this, and than one in four, are gone. */
const GONE_MIN = 1_000
const GONE_SHARE = 0.25

export interface IndexStatistics {
  readonly recordCount: number
  readonly termCount: number
  readonly vectorCount: number
}

/** Finds records by their words, by the direction of their vectors, or by both. Keeps no text. */
export class MemoryIndex {
  readonly #documents = new DocumentTable()
  readonly #vocabulary = new Vocabulary()
  readonly #lexical = new LexicalSearch(this.#documents)
  /** By the number of dimensions. */
  readonly #vectors = new Map<number, VectorTable>()

  /** Puts a record in the place of the one with its id. */
  put(record: IndexedRecord): void {
    this.remove(record.id)
    const frequencies = new Map<number, number>()
    let length = 0
    for (const { text, weight } of record.fields) {
      if (weight > 0) length += weight * this.#vocabulary.count(text, weight, frequencies)
    }
    const document = this.#documents.add(record, length)
    for (const [term, frequency] of frequencies) this.#vocabulary.postings(term).push(document, frequency)
    if (record.embedding !== undefined)
      this.#vectorsOf(record.embedding.length).set(document, record.embedding)
  }

  remove(id: string): void {
    const document = this.#documents.remove(id)
    if (document === undefined) return
    for (const table of this.#vectors.values()) table.remove(document)
    const goneCount = this.#documents.size - this.#documents.liveCount
    if (goneCount > Math.max(GONE_MIN, GONE_SHARE * this.#documents.size)) this.#compact()
  }

  search(query: IndexQuery): readonly IndexHit[] {
    const matches = this.#documents.matcher(query.filter, query.nowMs)
    const depth =
      query.text !== undefined && query.vector !== undefined ? query.countMax * FUSED_DEPTH : query.countMax
    const terms = query.text === undefined ? [] : parseQuery(query.text, this.#vocabulary)
    const lexical = this.#lexical.search(terms, { ...query, countMax: depth }, matches)
    const vector =
      query.vector === undefined
        ? []
        : (this.#vectors.get(query.vector.length)?.search(query.vector, depth, matches) ?? [])
    const [lexicalRank, vectorRank] = [ranksOf(lexical), ranksOf(vector)]
    return [...this.#order(query, lexical, vector)].slice(0, query.countMax).map(([document, score]) => ({
      id: this.#documents.idOf(document),
      score,
      ...this.#lexicalPart(lexicalRank.get(document), terms, query.contextWeight),
      ...vectorPart(vectorRank.get(document)),
    }))
  }

  statistics(): IndexStatistics {
    return {
      recordCount: this.#documents.liveCount,
      termCount: this.#vocabulary.termCount,
      vectorCount: [...this.#vectors.values()].reduce((sum, table) => sum + table.size, 0),
    }
  }

  #order(
    query: IndexQuery,
    lexical: readonly Scored[],
    vector: readonly Scored[],
  ): Iterable<readonly [number, number]> {
    if (query.text !== undefined && query.vector !== undefined)
      return fuseRankings([lexical, vector].map((list) => list.map(({ document }) => document)))
    return (query.vector === undefined ? lexical : vector).map(
      ({ document, score }) => [document, score] as const,
    )
  }

  #lexicalPart(
    ranked: Ranked | undefined,
    terms: readonly QueryTerm[],
    contextWeight: number,
  ): Pick<IndexHit, 'lexical'> {
    if (ranked === undefined) return {}
    const { rank, document, score } = ranked
    return { lexical: { rank, score, terms: this.#lexical.explain(terms, document, contextWeight) } }
  }

  #vectorsOf(dimensions: number): VectorTable {
    const table = this.#vectors.get(dimensions) ?? new VectorTable(dimensions)
    this.#vectors.set(dimensions, table)
    return table
  }

  #compact(): void {
    const numbers = this.#documents.compact()
    this.#vocabulary.renumber(numbers)
    for (const [dimensions, table] of this.#vectors) {
      if (table.size === 0) this.#vectors.delete(dimensions)
      else table.renumber(numbers)
    }
  }
}

type Ranked = Scored & { readonly rank: number }

function ranksOf(list: readonly Scored[]): ReadonlyMap<number, Ranked> {
  return new Map(list.map((scored, index) => [scored.document, { ...scored, rank: index + 1 }]))
}

function vectorPart(ranked: Ranked | undefined): Pick<IndexHit, 'vector'> {
  return ranked === undefined ? {} : { vector: { rank: ranked.rank, similarity: ranked.score } }
}
