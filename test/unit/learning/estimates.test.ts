import { describe, expect, it } from 'vitest'
import { adviceOf, chooseArm } from '#domain/intelligence/learning/estimates/advice.ts'
import { drawRate, pooledPrior } from '#domain/intelligence/learning/estimates/beta-posterior.ts'
import {
  addTo,
  deviationOfMoments,
  NO_MOMENTS,
} from '#domain/intelligence/learning/estimates/running-moments.ts'
import { SharedEstimates } from '#domain/intelligence/learning/estimates/shared-estimates.ts'
import { epochMs } from '#domain/model/ids.ts'
import { SeededRandom } from '#simulation/seeded-random.ts'
import { tasksUntilGood } from '../../../bench/learning/planted-methods-rows.ts'

const OPTIONS = { keep: 1, typesMax: 3, armsMax: 2 }

function filled(outcomes: readonly (readonly [type: string, arm: string, isSuccess: boolean])[], keep = 1) {
  const estimates = new SharedEstimates({ ...OPTIONS, keep })
  for (const [index, [type, arm, isSuccess]] of outcomes.entries())
    estimates.record({ type, arm, isSuccess, durationMs: 10 * index, cost: index, at: epochMs(index) })
  return estimates
}

describe('shared estimates', () => {
  it('tell what worked for others, with counts and uncertainty, best first', () => {
    const estimates = filled([
      ['sum', 'b', true],
      ['sum', 'a', false],
      ['sum', 'b', true],
      ['sum', 'a', true],
      ['sum', 'b', false],
    ])
    const [best, second] = adviceOf(estimates.of('sum'), { costWeight: 0 })
    expect(best).toMatchObject({ arm: 'b', count: 3, outcomes: { successes: 2, failures: 1 } })
    // Prior of two outcomes at the rate of (1 + 2) / (2 + 3), then two successes and one failure.
    expect(best?.success.mean).toBeCloseTo((1.2 + 2) / 5, 12)
    expect(best?.durationMs).toEqual({ mean: 20, deviation: 20 })
    expect(second).toMatchObject({ arm: 'a', count: 2, cost: { mean: 2 } })
    expect(second!.success.deviation).toBeGreaterThan(best!.success.deviation)
    expect(adviceOf(estimates.of('unknown'), { costWeight: 0 })).toEqual([])
  })

  it('weigh cost against success', () => {
    const estimates = filled([
      ['sum', 'cheap', true],
      ['sum', 'dear', true],
    ])
    expect(adviceOf(estimates.of('sum'), { costWeight: 1 })[0]?.arm).toBe('cheap')
  })

  it('forget: an outcome counts less with each newer one', () => {
    const outcomes = Array.from({ length: 20 }, (_, index) => ['sum', 'a', index < 10] as const)
    const rate = (keep: number): number =>
      adviceOf(filled(outcomes, keep).of('sum'), { costWeight: 0 })[0]!.success.mean
    expect(rate(1)).toBeCloseTo(0.5, 12)
    expect(rate(0.7)).toBeLessThan(0.2)
  })

  it('make room for new types and arms by dropping those that were not heard of for the longest time', () => {
    const estimates = filled([
      ['one', 'a', true],
      ['two', 'a', true],
      ['one', 'b', true],
      ['three', 'a', true],
      ['four', 'a', true],
      ['one', 'c', true],
    ])
    expect(estimates.types()).toEqual(['three', 'four', 'one'])
    expect([...estimates.of('one').arms.keys()]).toEqual(['b', 'c'])
  })

  it('expect of an arm that is new to a type what it did elsewhere', () => {
    const outcomes = Array.from(
      { length: 12 },
      (_, index) => ['sum', index % 2 ? 'bad' : 'good', index % 2 === 0] as const,
    )
    const estimates = filled(outcomes)
    const random = new SeededRandom(1)
    const chosen = Array.from({ length: 200 }, () =>
      chooseArm(['bad', 'good'], estimates.of('product'), { costWeight: 0 }, random),
    )
    expect(chosen.filter((arm) => arm === 'good').length).toBeGreaterThan(150)
    expect(chosen.filter((arm) => arm === 'bad').length, 'it is still tried').toBeGreaterThan(0)
    expect(chooseArm([], estimates.of('sum'), { costWeight: 0 }, random)).toBeUndefined()
  })

  it.each(['__proto__', 'constructor', 'ключ', ' '])('take %j for a name like any other', (name) => {
    const estimates = filled([[name, name, true]])
    expect(adviceOf(estimates.of(name), { costWeight: 0 })).toMatchObject([{ arm: name, count: 1 }])
  })
})

describe('draws from a posterior', () => {
  it.each([
    [1, 1],
    [0.4, 1.6],
    [90, 10],
  ])('have the mean and spread of Beta(%d, %d)', (alpha, beta) => {
    const random = new SeededRandom(7)
    const draws = Array.from({ length: 20_000 }, () => drawRate({ alpha, beta }, random))
    const moments = draws.reduce((before, draw) => addTo(before, draw, 1), NO_MOMENTS)
    const total = alpha + beta
    expect(moments.mean).toBeCloseTo(alpha / total, 2)
    expect(deviationOfMoments(moments)).toBeCloseTo(
      Math.sqrt((alpha * beta) / (total * total * (total + 1))),
      2,
    )
  })

  it('start from the uniform prior where nothing is known', () => {
    expect(pooledPrior({ successes: 0, failures: 0 })).toEqual({ alpha: 1, beta: 1 })
  })
})

describe('sharing', () => {
  it('finds the good methods at least three times as fast as five agents alone', () => {
    const mean = (isShared: boolean): number =>
      [1, 2, 3].reduce((sum, seed) => sum + tasksUntilGood(5, isShared, seed), 0) / 3
    const shared = mean(true)
    expect(shared).toBeLessThanOrEqual(900)
    expect(mean(false)).toBeGreaterThanOrEqual(3 * shared)
  })
})
