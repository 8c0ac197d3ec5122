import { describe, expect, it } from 'vitest'
import { testIndependence } from '#domain/intelligence/patterns/statistics/contingency.ts'
import { leadingDirection } from '#domain/intelligence/patterns/statistics/leading-direction.ts'
import * as tails from '#domain/intelligence/patterns/statistics/tail-probabilities.ts'

describe('tail probabilities', () => {
  it('equal the reference values of the distributions', () => {
    // From scipy.stats: binom.sf(6, 30, .08), hypergeom.sf(3, 50, 10, 8), gamma.sf(15, 4.5).
    expect(tails.binomialUpperTail(7, 30, 0.08)).toBeCloseTo(0.008_246_782_575_695, 12)
    expect(tails.hypergeometricUpperTail(4, 8, 10, 50)).toBeCloseTo(0.040_698_778_019_95, 12)
    expect(tails.gammaUpperTail(4.5, 15)).toBeCloseTo(0.000_438_721_770_979, 12)
    expect(tails.logGamma(10.5)).toBeCloseTo(13.940_625_219_403_763, 10)
    // Tabulated 99 % and 99.9 % points of the Tracy–Widom law of order 1.
    expect(tails.tracyWidomUpperTail(2.023)).toBeCloseTo(0.01, 3)
    expect(tails.tracyWidomUpperTail(3.271)).toBeCloseTo(0.001, 4)
  })

  it('stay probabilities at the edges of their arguments', () => {
    expect(tails.binomialUpperTail(0, 10, 0.5)).toBe(1)
    expect(tails.binomialUpperTail(11, 10, 0.5)).toBe(0)
    expect(tails.binomialUpperTail(3, 10, 0)).toBe(0)
    expect(tails.binomialUpperTail(3, 10, 1)).toBe(1)
    expect(tails.gammaUpperTail(3, 0)).toBe(1)
    expect(tails.momentMatchedUpperTail(5, 0, 0)).toBe(1)
    expect(tails.rayleighTail(20, 0)).toBeCloseTo(1, 1)
    expect(tails.rayleighTail(20, 1)).toBeLessThan(1e-9)
  })
})

describe('the test of independence', () => {
  it('gives X² with the mean and variance over all tables with these margins', () => {
    const test = testIndependence([
      [12, 5, 3],
      [4, 9, 7],
      [1, 2, 8],
    ])
    expect(test?.statistic).toBeCloseTo(16.027_083, 5)
    // Over 200 000 random tables with the same margins: mean 4.0808, variance 7.764.
    expect(test?.mean).toBeCloseTo(4.081, 2)
    expect(test?.variance).toBeCloseTo(7.76, 1)
  })

  it('says nothing of a table without two rows and columns', () => {
    expect(testIndependence([[3, 4, 5]])).toBeUndefined()
    expect(testIndependence([[30], [20]])).toBeUndefined()
    expect(testIndependence([])).toBeUndefined()
  })
})

it('finds the largest singular value and its direction', () => {
  const columns = [
    [3, 0, -3],
    [1, -2, 1],
  ]
  const { value, direction } = leadingDirection(columns, 3)
  expect(value).toBeCloseTo(18, 6)
  expect(Math.abs(direction[0] ?? 0)).toBeCloseTo(Math.SQRT1_2, 4)
})
