/** A record as the index takes it. */
export interface IndexedRecord {
  readonly id: string
  readonly namespace: string
  /** Texts and their weights; a word counts in the record as often as the sum of the weights says. */
  readonly fields: readonly { readonly text: string; readonly weight: number }[]
  readonly author?: string
  readonly timeMs: number
  readonly expiresAtMs?: number
  readonly tags: readonly string[]
  readonly sequence?: { readonly name: string; readonly position: number }
  readonly embedding?: Float32Array
}

export interface SearchFilter {
  /** Namespaces that the caller may read, and wants to. */
  readonly namespaces: readonly string[]
  /** All of them. */
  readonly tags?: readonly string[]
  readonly author?: string
  readonly fromMs?: number
  readonly toMs?: number
}

export interface IndexQuery {
  readonly filter: SearchFilter
  readonly nowMs: number
  /** Words; a word that ends in `*` stands for all that begin so. */
  readonly text?: string
  readonly vector?: Float32Array
  /** How much a word of the record before or after in the sequence counts, 0 to 1; 0 leaves the neighbours out. */
  readonly contextWeight: number
  readonly countMax: number
}

/** How much one term of the query adds to a record's lexical score. */
export interface TermScore {
  readonly term: string
  readonly score: number
  /** Weighted frequency in the record itself. */
  readonly frequency: number
  /** The same in its neighbours, before their weight. */
  readonly contextFrequency: number
}

export interface IndexHit {
  readonly id: string
  /** By which the hits are ordered: of the lexical search, of the vector search, or fused. */
  readonly score: number
  readonly lexical?: { readonly rank: number; readonly score: number; readonly terms: readonly TermScore[] }
  readonly vector?: { readonly rank: number; readonly similarity: number }
}
