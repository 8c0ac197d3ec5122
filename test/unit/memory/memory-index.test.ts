import { describe, expect, it } from 'vitest'
import type { IndexedRecord, IndexQuery } from '#domain/intelligence/memory/search/index-record.ts'
import { MemoryIndex } from '#domain/intelligence/memory/search/memory-index.ts'
import { snippetOf } from '#domain/intelligence/memory/search/snippet.ts'

type Place = NonNullable<IndexedRecord['sequence']>
type Draft = Partial<IndexedRecord> & { readonly id: string; readonly text?: string }

function indexOf(...drafts: readonly Draft[]): MemoryIndex {
  const index = new MemoryIndex()
  for (const draft of drafts) putDraft(index, draft)
  return index
}

function putDraft(index: MemoryIndex, { text = '', ...draft }: Draft): void {
  index.put({ namespace: 'public', timeMs: 0, tags: [], fields: [{ text, weight: 1 }], ...draft })
}

function idsOf(index: MemoryIndex, query: Partial<IndexQuery>): readonly string[] {
  const all = { filter: { namespaces: ['public'] }, nowMs: 0, contextWeight: 0, countMax: 10 }
  return index.search({ ...all, ...query }).map(({ id }) => id)
}

describe('MemoryIndex', () => {
  it('finds a word in another English form, and in any case', () => {
    const index = indexOf({ id: 'a', text: 'The agents were RUNNING' }, { id: 'b', text: 'a walk' })
    expect(idsOf(index, { text: 'run agent' })).toEqual(['a'])
  })

  it('finds words by their beginning', () => {
    const index = indexOf(
      { id: 'a', text: 'organisation' },
      { id: 'b', text: 'organ' },
      { id: 'c', text: 'orange' },
    )
    expect(idsOf(index, { text: 'organis*' })).toEqual(['a'])
    expect([...idsOf(index, { text: 'org*' })].toSorted()).toEqual(['a', 'b'])
  })

  it('finds what stands beside a match in its sequence, below the match', () => {
    const sequence = (position: number): Place => ({ name: 'talk', position })
    const index = indexOf(
      { id: 'question', text: 'where does the heron nest', sequence: sequence(1) },
      { id: 'answer', text: 'in the old oak', sequence: sequence(2) },
      { id: 'far', text: 'thank you', sequence: sequence(3) },
    )
    expect(idsOf(index, { text: 'heron', contextWeight: 0.5 })).toEqual(['question', 'answer'])
    expect(idsOf(index, { text: 'heron', contextWeight: 0 })).toEqual(['question'])
  })

  it('prefers the field with the greater weight', () => {
    const index = indexOf(
      {
        id: 'body',
        fields: [
          { text: 'plan', weight: 3 },
          { text: 'heron', weight: 1 },
        ],
      },
      {
        id: 'title',
        fields: [
          { text: 'heron', weight: 3 },
          { text: 'plan', weight: 1 },
        ],
      },
    )
    expect(idsOf(index, { text: 'heron' })).toEqual(['title', 'body'])
  })

  it('keeps to namespace, tags, author and time', () => {
    const index = indexOf(
      { id: 'a', text: 'x1', namespace: 'secret' },
      { id: 'b', text: 'x1', tags: ['t1', 't2'], author: 'ada', timeMs: 5 },
      { id: 'c', text: 'x1', tags: ['t1'], author: 'bob', timeMs: 9 },
    )
    const search = (filter: Partial<IndexQuery['filter']>): readonly string[] =>
      idsOf(index, { text: 'x1', filter: { namespaces: ['public'], ...filter } })
    expect(search({})).toEqual(['b', 'c'])
    expect(search({ tags: ['t1', 't2'] })).toEqual(['b'])
    expect(search({ tags: ['t9'] })).toEqual([])
    expect(search({ author: 'bob' })).toEqual(['c'])
    expect(search({ author: 'eve' })).toEqual([])
    expect(search({ fromMs: 6, toMs: 9 })).toEqual(['c'])
  })

  it('never gives out a record from the moment it expires', () => {
    const index = indexOf({ id: 'a', text: 'x1', expiresAtMs: 100 })
    expect(idsOf(index, { text: 'x1', nowMs: 99 })).toEqual(['a'])
    expect(idsOf(index, { text: 'x1', nowMs: 100 })).toEqual([])
  })

  it('finds the same after thousands of changes made it compact itself', () => {
    const index = new MemoryIndex()
    const sequence = (position: number): Place => ({ name: 's', position })
    for (let round = 0; round < 100; round += 1)
      for (let at = 0; at < 40; at += 1)
        putDraft(index, {
          id: `r${at}`,
          text: `round${round} word${at} common`,
          sequence: sequence(at),
          embedding: Float32Array.of(at + 1, 1),
        })
    expect(index.statistics()).toMatchObject({ recordCount: 40, vectorCount: 40 })
    expect(idsOf(index, { text: 'round99', countMax: 100 })).toHaveLength(40)
    expect(idsOf(index, { text: 'round1', countMax: 100 })).toEqual([])
    expect(idsOf(index, { text: 'word7', contextWeight: 0.5 })).toEqual(['r7', 'r6', 'r8'])
    expect(idsOf(index, { vector: Float32Array.of(1, 1), countMax: 1 })).toEqual(['r0'])
  })

  it('fuses the words and the vectors by rank', () => {
    const index = indexOf(
      { id: 'both', text: 'heron heron', embedding: Float32Array.of(1, 0.1) },
      { id: 'words', text: 'heron crane', embedding: Float32Array.of(-1, 0) },
      { id: 'vector', text: 'crane', embedding: Float32Array.of(1, 0) },
    )
    const hits = idsOf(index, { text: 'heron', vector: Float32Array.of(1, 0) })
    expect(hits[0]).toBe('both')
    expect(hits).toHaveLength(3)
  })
})

describe('snippetOf', () => {
  it('shows the part with the most terms, and where they stand', () => {
    const text = `${'filler '.repeat(200)}the heron nests in the oak ${'filler '.repeat(200)}`
    const snippet = snippetOf(text, ['heron', 'oak'])
    expect(snippet.matches.map(([start, end]) => snippet.text.slice(start, end))).toEqual(['heron', 'oak'])
    expect(snippet.text.length).toBeLessThan(300)
  })

  it('shows the beginning where nothing matches', () => {
    expect(snippetOf('some words', ['other'])).toEqual({ text: 'some words', matches: [] })
  })
})
