import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MemoryIndex } from '#domain/intelligence/memory/search/memory-index.ts'
import { type PlainRecord, plainScores } from '../../helpers/memory/plain-bm25.ts'

const WORDS = ['red', 'blue', 'running', 'runs', 'house', 'houses', 'sea', '__proto__', 'größe', '東京都']
const text = fc
  .array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 8 })
  .map((words) => words.join(' '))

/** Puts and removals of a few ids; positions in a sequence are the ids' own, so that each stands in one place. */
const changes = fc.array(
  fc.record({
    id: fc.integer({ min: 0, max: 15 }),
    text,
    hasSequence: fc.boolean(),
    isRemoval: fc.boolean(),
  }),
  { minLength: 1, maxLength: 40 },
)

function put(index: MemoryIndex, { id, text, sequence }: PlainRecord): void {
  const fields = [{ text, weight: 1 }]
  index.put({ id, namespace: 'public', fields, timeMs: 0, tags: [], ...(sequence && { sequence }) })
}

describe('MemoryIndex', () => {
  it('gives every record the score of BM25 with neighbours, whatever was put and removed before', () => {
    fc.assert(
      fc.property(changes, text, fc.constantFrom(0, 0.5, 1), (steps, query, contextWeight) => {
        const used = new MemoryIndex()
        const records = new Map<string, PlainRecord>()
        for (const step of steps) {
          const id = `r${step.id}`
          const sequence = step.hasSequence ? { name: `s${step.id % 2}`, position: step.id } : undefined
          const record = { id, text: step.text, ...(sequence && { sequence }) }
          if (step.isRemoval) used.remove(id)
          else put(used, record)
          records.delete(id)
          if (!step.isRemoval) records.set(id, record)
        }
        // Records that are gone count in frequencies until the index is compacted: the scores are those of a fresh one.
        const fresh = new MemoryIndex()
        for (const record of records.values()) put(fresh, record)
        const search = {
          filter: { namespaces: ['public'] },
          nowMs: 0,
          text: query,
          contextWeight,
          countMax: 100,
        }
        const expected = plainScores([...records.values()], query, contextWeight)
        const hits = fresh.search(search)
        expect(new Set(hits.map(({ id }) => id))).toEqual(new Set(expected.keys()))
        for (const { id, score, lexical } of hits) {
          expect(score).toBeCloseTo(expected.get(id)!, 4)
          expect(lexical!.terms.reduce((sum, term) => sum + term.score, 0)).toBeCloseTo(score, 4)
        }
        expect(new Set(used.search(search).map(({ id }) => id))).toEqual(new Set(expected.keys()))
      }),
      { numRuns: 150 },
    )
  })

  it('finds the nearest vectors, as a comparison with all of them does', () => {
    const vector = fc.array(fc.float({ min: -1, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 })
    fc.assert(
      fc.property(
        fc.array(vector, { minLength: 1, maxLength: 30 }),
        vector,
        fc.nat(29),
        (vectors, query, gone) => {
          const index = new MemoryIndex()
          for (const [at, values] of vectors.entries()) {
            const embedding = Float32Array.from(values)
            index.put({ id: `r${at}`, namespace: 'public', fields: [], timeMs: 0, tags: [], embedding })
          }
          index.remove(`r${gone}`)
          const hits = index.search({
            filter: { namespaces: ['public'] },
            nowMs: 0,
            vector: Float32Array.from(query),
            contextWeight: 0,
            countMax: 5,
          })
          const cosines = vectors.map((values) => cosine(values, query)).filter((_, at) => at !== gone)
          const best = cosines.toSorted((a, b) => b - a).slice(0, 5)
          expect(hits.length).toBe(best.length)
          for (const [rank, hit] of hits.entries()) expect(hit.score).toBeCloseTo(best[rank]!, 4)
        },
      ),
      { numRuns: 100 },
    )
  })
})

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]): number =>
    x.reduce((sum, v, at) => sum + v * y[at]!, 0)
  const norm = Math.sqrt(dot(a, a) * dot(b, b))
  return norm === 0 ? 0 : dot(a, b) / norm
}
