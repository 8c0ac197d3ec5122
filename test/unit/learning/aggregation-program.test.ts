import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AGGREGATION } from '#domain/intelligence/learning/aggregation/aggregation-program.ts'
import { type AggregatorSettings, aggregate } from '#domain/intelligence/learning/aggregation/aggregator.ts'
import { readNumbers, writeNumbers } from '#domain/intelligence/learning/aggregation/number-text.ts'

const RULES: readonly AggregatorSettings[] = [
  { kind: 'fedavg' },
  { kind: 'median' },
  { kind: 'trimmed_mean', byzantineMax: 1 },
  { kind: 'krum', byzantineMax: 1 },
  { kind: 'multi_krum', byzantineMax: 1, selectedCount: 3 },
]

describe('numbers as text', () => {
  it('are base64 of IEEE 754, there and back', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true }), { maxLength: 40 }), (numbers) => {
        const vector = Float64Array.from(numbers)
        const text = writeNumbers(vector, 'float64')
        expect(text).toBe(Buffer.from(vector.buffer).toString('base64'))
        expect(readNumbers(text, 'float64')).toEqual(vector)
        const small = Float32Array.from(numbers)
        expect(readNumbers(writeNumbers(vector, 'float32'), 'float32')).toEqual(Float64Array.from(small))
      }),
      { numRuns: 50 },
    )
  })
})

describe('aggregation piece by piece', () => {
  it.each(RULES)('is the aggregate of the whole, %o', (settings) => {
    const vectors = Array.from({ length: 6 }, (_, client) =>
      Float64Array.from({ length: 10 }, (_unused, index) => Math.sin(client * 7 + index)),
    )
    const weights = [1, 2, 3, 4, 5, 6]
    const program = AGGREGATION.start({ settings, format: 'float64', weights })
    const pieces = [0, 4, 8].map((start) => ({
      texts: vectors.map((vector) => writeNumbers(vector.slice(start, start + 4), 'float64')),
    }))
    for (const piece of pieces) program.measure(piece)
    const result = pieces.flatMap((piece) => [...readNumbers(program.combine(piece), 'float64')])
    const whole = aggregate(
      settings,
      vectors.map((vector, client) => ({ vector, weight: weights[client] ?? 1 })),
    )
    for (const [index, value] of result.entries()) expect(value).toBeCloseTo(whole[index] ?? Number.NaN, 12)
  })

  it('refuses numbers that are not finite, and sums that are not', () => {
    const program = AGGREGATION.start({ settings: { kind: 'median' }, format: 'float64', weights: [1] })
    const texts = [writeNumbers(Float64Array.of(Number.NaN), 'float64')]
    expect(() => program.combine({ texts })).toThrow('not_finite')
  })
})
