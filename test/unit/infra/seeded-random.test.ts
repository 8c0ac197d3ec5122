import { expect, it } from 'vitest'
import { ManualClock } from '#simulation/manual-clock.ts'
import { SeededIds, SeededRandom } from '#simulation/seeded-random.ts'

const draws = (random: SeededRandom, count = 10_000): readonly number[] =>
  Array.from({ length: count }, () => random.next())

it('draws the same numbers for the same seed and others for another, spread over [0, 1)', () => {
  const numbers = draws(new SeededRandom(7))
  expect(draws(new SeededRandom(7))).toEqual(numbers)
  expect(draws(new SeededRandom(8))).not.toEqual(numbers)
  expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0)
  expect(Math.max(...numbers)).toBeLessThan(1)
  const mean = numbers.reduce((sum, each) => sum + each) / numbers.length
  expect(Math.abs(mean - 0.5)).toBeLessThan(0.02)
})

it('draws for one part without shifting the draws of another', () => {
  const [parent, sameParent] = [new SeededRandom(7), new SeededRandom(7)]
  draws(parent.fork(), 100)
  sameParent.fork()
  expect(parent.integer(1_000_000)).toBe(sameParent.integer(1_000_000))
})

it('makes ids that repeat with the seed, never within it, and sort by time also when the clock is set back', () => {
  const make = (): readonly string[] => {
    const clock = new ManualClock()
    const ids = new SeededIds({ random: new SeededRandom(7), clock })
    return Array.from({ length: 1_000 }, (_, index) => {
      clock.advance(index % 3)
      if (index === 500) clock.jumpWallClock(-60_000)
      return ids.next()
    })
  }
  const made = make()
  expect(make()).toEqual(made)
  expect(new Set(made).size).toBe(made.length)
  expect(made).toEqual(made.toSorted())
})
