import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type AggregatorSettings,
  aggregate,
  refusalOf,
  updatesNeeded,
} from '#domain/intelligence/learning/aggregation/aggregator.ts'

const MATRIX = [
  [1, 2, 3],
  [2, -1, 0.5],
  [1.5, 0.25, 2],
  [100, -100, 7],
  [1.25, 1, 2.5],
].map((row) => Float64Array.from(row))
const WEIGHTS = [1, 2, 3, 4, 10]

const updatesOf = (vectors: readonly Float64Array[], weights: readonly number[] = []) =>
  vectors.map((vector, client) => ({ vector, weight: weights[client] ?? 1 }))

/** The largest difference of an entry. */
function distance(actual: Float64Array, expected: readonly number[]): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY
  return Math.max(...expected.map((value, index) => Math.abs((actual[index] ?? Number.NaN) - value)))
}
const EXACT = 1e-12

describe('the aggregators', () => {
  it('FedAvg is the mean weighted by samples', () => {
    const column = (index: number): number =>
      MATRIX.reduce((sum, row, client) => sum + WEIGHTS[client]! * row[index]!, 0) / 20
    expect(
      distance(aggregate({ kind: 'fedavg' }, updatesOf(MATRIX, WEIGHTS)), [column(0), column(1), column(2)]),
    ).toBeLessThanOrEqual(EXACT)
  })

  it('the median is taken coordinate by coordinate, between the two in the middle of an even number', () => {
    expect(distance(aggregate({ kind: 'median' }, updatesOf(MATRIX)), [1.5, 0.25, 2.5])).toBeLessThanOrEqual(
      EXACT,
    )
    expect(
      distance(aggregate({ kind: 'median' }, updatesOf(MATRIX.slice(0, 4))), [1.75, -0.375, 2.5]),
    ).toBeLessThanOrEqual(EXACT)
  })

  it('the trimmed mean leaves out the f lowest and the f highest of each coordinate', () => {
    const settings = { kind: 'trimmed_mean', byzantineMax: 1 } as const
    expect(
      distance(aggregate(settings, updatesOf(MATRIX)), [(1.25 + 1.5 + 2) / 3, (-1 + 0.25 + 1) / 3, 7.5 / 3]),
    ).toBeLessThanOrEqual(EXACT)
    expect(
      distance(aggregate({ ...settings, byzantineMax: 0 }, updatesOf(MATRIX)), [21.15, -19.55, 3]),
    ).toBeLessThanOrEqual(EXACT)
  })

  it('Krum takes the vector with the least squared distances to its n − f − 2 nearest', () => {
    // n = 5 and f = 1: the two nearest.
    const squared = (a: number, b: number): number =>
      [0, 1, 2].reduce((sum, index) => sum + (MATRIX[a]![index]! - MATRIX[b]![index]!) ** 2, 0)
    const scores = MATRIX.map((_, own) => {
      const others = MATRIX.flatMap((_row, other) => (other === own ? [] : [squared(own, other)]))
      const [first = 0, second = 0] = others.toSorted((a, b) => a - b)
      return first + second
    })
    const order = [0, 1, 2, 3, 4].toSorted((a, b) => scores[a]! - scores[b]!)
    const [best, second, third] = order.map((place) => MATRIX[place]!)
    expect(
      distance(aggregate({ kind: 'krum', byzantineMax: 1 }, updatesOf(MATRIX)), [...best!]),
    ).toBeLessThanOrEqual(EXACT)
    const multi = { kind: 'multi_krum', byzantineMax: 1, selectedCount: 3 } as const
    const mean = [0, 1, 2].map((index) => (best![index]! + second![index]! + third![index]!) / 3)
    expect(distance(aggregate(multi, updatesOf(MATRIX)), mean)).toBeLessThanOrEqual(EXACT)
    expect(order.at(-1), 'the outlier is last').toBe(3)
  })

  it('name what they refuse', () => {
    const [first, ...rest] = MATRIX
    const f1 = { byzantineMax: 1 }
    expect(refusalOf({ kind: 'fedavg' }, [])).toBe('no_updates')
    expect(refusalOf({ kind: 'trimmed_mean', ...f1 }, updatesOf(MATRIX.slice(0, 2)))).toBe('too_few_updates')
    expect(refusalOf({ kind: 'krum', ...f1 }, updatesOf(MATRIX.slice(0, 4)))).toBe('too_few_updates')
    expect(refusalOf({ kind: 'krum', ...f1 }, updatesOf(MATRIX))).toBeUndefined()
    expect(refusalOf({ kind: 'fedavg' }, updatesOf([first!, Float64Array.of(1)]))).toBe('wrong_shape')
    expect(refusalOf({ kind: 'fedavg' }, updatesOf(MATRIX, [0]))).toBe('bad_weight')
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const updates = updatesOf([Float64Array.of(1, bad, 3), ...rest])
      expect(refusalOf({ kind: 'median' }, updates)).toBe('not_finite')
      expect(() => aggregate({ kind: 'median' }, updates)).toThrow('median: not_finite')
    }
    expect(updatesNeeded({ kind: 'multi_krum', byzantineMax: 2, selectedCount: 6 })).toBe(8)
  })

  const settings = fc.constantFrom<AggregatorSettings>(
    { kind: 'fedavg' },
    { kind: 'median' },
    { kind: 'trimmed_mean', byzantineMax: 1 },
    { kind: 'krum', byzantineMax: 1 },
    { kind: 'multi_krum', byzantineMax: 1, selectedCount: 3 },
  )
  const row = fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 3, maxLength: 3 })
  // Few different values, so that scores and entries are often equal.
  const tiedRow = fc.array(fc.constantFrom(0, 1, 2), { minLength: 3, maxLength: 3 })
  const rows = (entry: fc.Arbitrary<number[]>) => fc.array(entry, { minLength: 5, maxLength: 9 })

  it('give the same bits for any order of the clients, and nothing outside what the clients sent', () => {
    const matrices = fc.oneof(rows(row), rows(tiedRow))
    fc.assert(
      fc.property(settings, matrices, fc.infiniteStream(fc.nat()), (rule, matrix, keys) => {
        const updates = matrix.map((entries, client) => ({
          vector: Float64Array.from(entries),
          weight: 1 + (client % 3),
        }))
        const drawn = updates.map((update) => ({ update, key: keys.next().value as number }))
        const permuted = drawn.toSorted((a, b) => a.key - b.key).map(({ update }) => update)
        const result = aggregate(rule, updates)
        expect([...aggregate(rule, permuted)]).toEqual([...result])
        for (const [index, value] of result.entries()) {
          const column = matrix.map((entries) => entries[index]!)
          const slack = 1e-9 * Math.max(1, ...column.map(Math.abs))
          expect(value).toBeGreaterThanOrEqual(Math.min(...column) - slack)
          expect(value).toBeLessThanOrEqual(Math.max(...column) + slack)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('robust ones stay among the honest values whatever one of five sends', () => {
    const robust = settings.filter(({ kind }) => kind !== 'fedavg')
    const lie = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 3, maxLength: 3 })
    const honest = MATRIX.filter((_, index) => index !== 3)
    fc.assert(
      fc.property(robust, lie, (rule, liar) => {
        // A liar close to the honest may be chosen: then it is no harm.
        const result = aggregate(rule, updatesOf([...honest, Float64Array.from(liar)]))
        for (const value of result) expect(Math.abs(value)).toBeLessThanOrEqual(25)
      }),
    )
  })
})
