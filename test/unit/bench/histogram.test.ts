import { describe, expect, it } from 'vitest'
import { Histogram, median } from '../../../bench/harness/histogram.ts'

describe('Histogram', () => {
  it('gives the nearest-rank quantiles, whatever the order of the samples', () => {
    const histogram = new Histogram()
    for (let value = 100; value >= 1; value--) histogram.record(value)
    expect([0, 0.5, 0.99, 1].map((ratio) => histogram.quantile(ratio))).toEqual([1, 50, 99, 100])
    histogram.record(1_000)
    expect(histogram.quantile(1)).toBe(1_000)
    expect(histogram.count).toBe(101)
  })

  it('knows no quantile without samples', () => {
    expect(new Histogram().quantile(0.5)).toBeNaN()
  })
})

describe('median', () => {
  it('is the middle of an odd number of values and between the two of an even one', () => {
    expect(median([9, 1, 5])).toBe(5)
    expect(median([9, 1, 5, 6])).toBe(5.5)
    expect(median([7])).toBe(7)
    expect(median([])).toBeNaN()
  })
})
