import type { WorkerProgram } from '../../../ports/workers.ts'
import type { IndexedRecord, IndexHit, IndexQuery } from './index-record.ts'
import { type IndexStatistics, MemoryIndex } from './memory-index.ts'
import { type Snippet, snippetOf } from './snippet.ts'
import { type FieldWeights, stringsIn, weightedTexts } from './value-text.ts'

/** A record as the index program gets it: the value is read there and not on the event loop. */
export interface IndexEntry extends Omit<IndexedRecord, 'fields'> {
  readonly key: string
  /** JSON text. */
  readonly value: string
  readonly weights: FieldWeights
}

/** A place in the order of changes: puts of records, and removals by id. */
export type IndexChange =
  | { readonly type: 'put'; readonly entry: IndexEntry }
  | { readonly type: 'remove'; readonly id: string }

/** JSON texts of values, and the terms of a query to look for in them. */
export interface SnippetRequest {
  readonly values: readonly string[]
  readonly terms: readonly (readonly string[])[]
}

export type IndexMethods = {
  apply(changes: readonly IndexChange[]): void
  search(query: IndexQuery): readonly IndexHit[]
  snippets(request: SnippetRequest): readonly Snippet[]
  statistics(_: undefined): IndexStatistics
}

/** The search index of one swarm, off the event loop. */
export const MEMORY_INDEX: WorkerProgram<undefined, IndexMethods> = {
  name: 'memory-index',
  start: () => {
    const index = new MemoryIndex()
    return {
      apply: (changes) => {
        for (const change of changes) {
          if (change.type === 'remove') index.remove(change.id)
          else index.put(indexed(change.entry))
        }
      },
      search: (query) => index.search(query),
      snippets: ({ values, terms }) =>
        values.map((value, place) => snippetOf(stringsIn(JSON.parse(value)), terms[place] ?? [])),
      statistics: () => index.statistics(),
    }
  },
}

function indexed({ key, value, weights, ...record }: IndexEntry): IndexedRecord {
  const { key: keyWeight, tags: tagsWeight } = weights
  return {
    ...record,
    fields: [
      ...weightedTexts(value, weights),
      { text: key, weight: keyWeight },
      { text: record.tags.join(' '), weight: tagsWeight },
    ],
  }
}
