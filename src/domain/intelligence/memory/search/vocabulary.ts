import { stemOf, tokenize } from './analyzer.ts'
import { PostingList } from './posting-list.ts'

/** Terms that one prefix may stand for, those in most documents first. */
const PREFIX_TERMS_MAX = 128
/** Words that were met since the sorted list was made, before it is made anew. */
const UNSORTED_MAX = 4_096

/** The terms of an index by their number: which words stand for which term, and where each term occurs. */
export class Vocabulary {
  /** Every word met, with the number of its stem. */
  #words = new Map<string, number>()
  #stems = new Map<string, number>()
  #postings: PostingList[] = []
  #sorted: readonly string[] = []
  #unsorted: string[] = []

  get termCount(): number {
    return this.#postings.length
  }

  postings(term: number): PostingList {
    return this.#postings[term] as PostingList
  }

  /** Adds how often each term stands in the text, times the weight, to `frequencies`. @returns the number of words */
  count(text: string, weight: number, frequencies: Map<number, number>): number {
    let words = 0
    for (const { text: word } of tokenize(text)) {
      const term = this.#words.get(word) ?? this.#learn(word)
      frequencies.set(term, (frequencies.get(term) ?? 0) + weight)
      words += 1
    }
    return words
  }

  find(word: string): number | undefined {
    return this.#words.get(word) ?? this.#stems.get(stemOf(word))
  }

  /** Terms of the words that begin with the prefix. */
  withPrefix(prefix: string): readonly number[] {
    if (this.#unsorted.length > UNSORTED_MAX) this.#sort()
    const terms = new Set<number>()
    const add = (word: string): void => {
      const term = this.#words.get(word)
      if (term !== undefined) terms.add(term)
    }
    for (let at = lowerBound(this.#sorted, prefix); this.#sorted[at]?.startsWith(prefix); at += 1)
      add(this.#sorted[at] as string)
    for (const word of this.#unsorted) if (word.startsWith(prefix)) add(word)
    return [...terms]
      .toSorted((a, b) => this.postings(b).length - this.postings(a).length)
      .slice(0, PREFIX_TERMS_MAX)
  }

  /** Renumbers the documents of all lists and forgets the terms that are in none. */
  renumber(numbers: Int32Array): void {
    const kept: PostingList[] = []
    const terms = this.#postings.map((list) => {
      list.renumber(numbers)
      return list.length === 0 ? -1 : kept.push(list) - 1
    })
    const renamed = (names: ReadonlyMap<string, number>): Map<string, number> => {
      const still = new Map<string, number>()
      for (const [name, term] of names)
        if ((terms[term] as number) >= 0) still.set(name, terms[term] as number)
      return still
    }
    this.#postings = kept
    this.#stems = renamed(this.#stems)
    this.#words = renamed(this.#words)
    this.#unsorted = []
    this.#sort()
  }

  #learn(word: string): number {
    const stem = stemOf(word)
    let term = this.#stems.get(stem)
    if (term === undefined) {
      term = this.#postings.push(new PostingList()) - 1
      this.#stems.set(stem, term)
    }
    this.#words.set(word, term)
    this.#unsorted.push(word)
    return term
  }

  #sort(): void {
    this.#sorted = [...this.#words.keys()].toSorted((a, b) => (a < b ? -1 : 1))
    this.#unsorted = []
  }
}

/** The first place whose word is not before the prefix. */
function lowerBound(words: readonly string[], prefix: string): number {
  let [low, high] = [0, words.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((words[middle] as string) < prefix) low = middle + 1
    else high = middle
  }
  return low
}
