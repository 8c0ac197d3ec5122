import { stemOf, tokenize } from './analyzer.ts'
import type { DocumentTable } from './document-table.ts'
import type { TermScore } from './index-record.ts'
import type { PostingList } from './posting-list.ts'
import { type Scored, TopList } from './top-list.ts'
import type { Vocabulary } from './vocabulary.ts'

/** Saturation of a word's frequency, and how much a record's length counts: the usual values. */
const K1 = 1.2
const B = 0.75
/** Different words of one query that are looked up; further ones are left out. */
const QUERY_TERMS_MAX = 64

/** A word of the query, and the lists of the terms it stands for: several where it is a prefix. */
export interface QueryTerm {
  readonly text: string
  readonly lists: readonly PostingList[]
}

export function parseQuery(text: string, vocabulary: Vocabulary): readonly QueryTerm[] {
  const terms = new Map<string, QueryTerm>()
  for (const { text: word, end } of tokenize(text)) {
    if (terms.size === QUERY_TERMS_MAX) break
    const isPrefix = text[end] === '*'
    const name = isPrefix ? `${word}*` : stemOf(word)
    const numbers = isPrefix ? vocabulary.withPrefix(word) : [vocabulary.find(word)]
    const lists = numbers.flatMap((number) => (number === undefined ? [] : [vocabulary.postings(number)]))
    if (!terms.has(name)) terms.set(name, { text: name, lists })
  }
  return [...terms.values()]
}

/**
 * Okapi BM25 (Robertson, Zaragoza, "The Probabilistic Relevance Framework", 2009, equations 3.15 and 3.3), where the
 * frequency of a term in a record is its own plus `contextWeight` times that of the records before and after it in their
 * sequence; lengths are taken as a mean over the same records with the same weights. Without sequences, or with a weight of
 * 0, this is plain BM25.
 */
export class LexicalSearch {
  readonly #documents: DocumentTable
  #frequency = new Float32Array(0)
  #score = new Float64Array(0)
  #touched = new Uint32Array(0)
  #scored = new Uint32Array(0)

  constructor(documents: DocumentTable) {
    this.#documents = documents
  }

  search(
    terms: readonly QueryTerm[],
    { contextWeight, countMax }: { readonly contextWeight: number; readonly countMax: number },
    matches: (document: number) => boolean,
  ): readonly Scored[] {
    this.#reserve()
    const [scores, scored] = [this.#score, this.#scored]
    let scoredCount = 0
    for (const term of terms) {
      const weight = this.#idf(term)
      const touchedCount = this.#collect(term, contextWeight)
      for (let at = 0; at < touchedCount; at += 1) {
        const document = this.#touched[at] as number
        const score = scores[document] as number
        if (score === 0) scored[scoredCount++] = document
        scores[document] = score + weight * this.#saturated(document, contextWeight)
        this.#frequency[document] = 0
      }
    }
    const top = new TopList(countMax)
    for (let at = 0; at < scoredCount; at += 1) {
      const document = scored[at] as number
      const total = scores[document] as number
      scores[document] = 0
      if (total >= top.threshold && matches(document)) top.offer(document, total)
    }
    return top.descending()
  }

  /** How the score of a document comes about, the greatest part first. */
  explain(terms: readonly QueryTerm[], document: number, contextWeight: number): readonly TermScore[] {
    this.#reserve()
    const { previous, next } = this.#documents.columns
    return terms
      .map((term) => {
        const frequency = frequencyIn(term, document)
        const contextFrequency =
          contextWeight === 0
            ? 0
            : frequencyIn(term, previous[document] as number) + frequencyIn(term, next[document] as number)
        this.#frequency[document] = frequency + contextWeight * contextFrequency
        const score = this.#idf(term) * this.#saturated(document, contextWeight)
        this.#frequency[document] = 0
        return { term: term.text, score, frequency, contextFrequency }
      })
      .filter(({ score }) => score > 0)
      .toSorted((a, b) => b.score - a.score)
  }

  /**
   * Adds the frequencies of a term up in the scratch column, and lists the documents that have any.
   * @returns how many there are
   */
  #collect({ lists }: QueryTerm, contextWeight: number): number {
    const { previous, next, isLive } = this.#documents.columns
    const [frequencies, touched] = [this.#frequency, this.#touched]
    let count = 0
    // The innermost loop of a search, over up to every record: no calls in it.
    for (const { documents, frequencies: own, length } of lists) {
      for (let at = 0; at < length; at += 1) {
        const document = documents[at] as number
        if (isLive[document] === 0) continue
        const frequency = own[at] as number
        if (frequencies[document] === 0) touched[count++] = document
        frequencies[document] = (frequencies[document] as number) + frequency
        if (contextWeight === 0) continue
        const before = previous[document] as number
        if (before >= 0) {
          if (frequencies[before] === 0) touched[count++] = before
          frequencies[before] = (frequencies[before] as number) + contextWeight * frequency
        }
        const after = next[document] as number
        if (after >= 0) {
          if (frequencies[after] === 0) touched[count++] = after
          frequencies[after] = (frequencies[after] as number) + contextWeight * frequency
        }
      }
    }
    return count
  }

  #saturated(document: number, contextWeight: number): number {
    const frequency = this.#frequency[document] as number
    const relativeLength = this.#meanLength(document, contextWeight) / this.#documents.meanLength
    return (frequency * (K1 + 1)) / (frequency + K1 * (1 - B + B * relativeLength))
  }

  #meanLength(document: number, contextWeight: number): number {
    const { length, previous, next } = this.#documents.columns
    const own = length[document] as number
    if (contextWeight === 0) return own
    const before = previous[document] as number
    const after = next[document] as number
    let sum = own
    let weights = 1
    if (before >= 0) {
      sum += contextWeight * (length[before] as number)
      weights += contextWeight
    }
    if (after >= 0) {
      sum += contextWeight * (length[after] as number)
      weights += contextWeight
    }
    return sum / weights
  }

  /** Inverse document frequency, never negative. Documents that are gone count until the index is compacted. */
  #idf({ lists }: QueryTerm): number {
    const all = this.#documents.size
    const found = Math.min(
      all,
      lists.reduce((sum, list) => sum + list.length, 0),
    )
    return Math.log(1 + (all - found + 0.5) / (found + 0.5))
  }

  #reserve(): void {
    const capacity = this.#documents.columns.length.length
    if (this.#frequency.length >= capacity) return
    this.#frequency = new Float32Array(capacity)
    this.#score = new Float64Array(capacity)
    this.#touched = new Uint32Array(capacity)
    this.#scored = new Uint32Array(capacity)
  }
}

function frequencyIn({ lists }: QueryTerm, document: number): number {
  return document < 0 ? 0 : lists.reduce((sum, list) => sum + list.frequencyIn(document), 0)
}
