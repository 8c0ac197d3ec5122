import { describe, expect, it } from 'vitest'
import type { BudgetState } from '#domain/model/budget-record.ts'
import { epochMs } from '#domain/model/ids.ts'
import { remainingOf, reserve, settle, shortOf, topUp } from '#domain/resources/budget.ts'
import { type BucketLevel, levelAt, takeToken, waitForToken } from '#domain/resources/token-bucket.ts'

describe('a token bucket', () => {
  /** When each of so many starts is allowed, each as soon as it is. */
  function starts(limit: Parameters<typeof takeToken>[0], count: number): readonly number[] {
    let level: BucketLevel | undefined
    let now = epochMs(1_000_000)
    const times: number[] = []
    for (let start = 0; start < count; start += 1) {
      now = epochMs(now + waitForToken(limit, level, now))
      expect(waitForToken(limit, level, now)).toBe(0)
      level = takeToken(limit, level, now)
      times.push(now - 1_000_000)
    }
    return times
  }

  it('starts 1 000 tasks at 10 a second in 100 s ± 2 %, the burst at once', () => {
    for (const burst of [1, 5, 10]) {
      const times = starts({ count: 10, windowMs: 1_000, burst }, 1_000)
      expect(times.filter((time) => time === 0)).toHaveLength(burst)
      expect(times.at(-1)).toBeGreaterThanOrEqual(98_000)
      expect(times.at(-1)).toBeLessThanOrEqual(102_000)
    }
  })

  it('lets a whole window through at once where no burst is set', () => {
    expect(starts({ count: 3, windowMs: 60_000 }, 5)).toEqual([0, 0, 0, 20_000, 40_000])
  })

  it('is never fuller than its burst', () => {
    const limit = { count: 10, windowMs: 1_000, burst: 4 }
    const level = takeToken(limit, undefined, epochMs(0))
    expect(levelAt(limit, level, epochMs(3_600_000)).tokens).toBe(4)
  })

  it('gains nothing while the clock is set back', () => {
    const limit = { count: 1, windowMs: 1_000, burst: 1 }
    const level = takeToken(limit, undefined, epochMs(10_000))
    expect(waitForToken(limit, level, epochMs(4_000))).toBe(7_000)
    expect(waitForToken(limit, level, epochMs(10_500))).toBe(500)
  })
})

describe('a budget', () => {
  const state: BudgetState = { limit: { tokens: 100 }, reserved: {}, used: {} }

  it('reserves until nothing is left, and goes on after a top-up', () => {
    let budget = state
    for (let task = 0; task < 10; task += 1) {
      expect(shortOf(budget, { tokens: 10 })).toBeUndefined()
      budget = reserve(budget, { tokens: 10 })
    }
    expect(shortOf(budget, { tokens: 10 })).toBe('tokens')
    expect(shortOf(budget, {})).toBe('tokens')
    budget = topUp(budget, { tokens: 10, money: 5 })
    expect(budget.limit).toEqual({ tokens: 110 })
    expect(shortOf(budget, { tokens: 10 })).toBeUndefined()
    expect(remainingOf(budget)).toEqual({ tokens: 10 })
  })

  it('counts what was used, or what was set aside where that is not known', () => {
    const reserved = reserve(state, { tokens: 40, seconds: 2 })
    expect(settle(reserved, { tokens: 40, seconds: 2 }, { tokens: 15, seconds: 1 })).toEqual({
      limit: { tokens: 100 },
      reserved: { tokens: 0, seconds: 0 },
      used: { tokens: 15, seconds: 1 },
    })
    expect(settle(reserved, { tokens: 40, seconds: 2 }).used).toEqual({ tokens: 40, seconds: 2 })
  })

  it('counts more than was set aside, and then stops', () => {
    const over = settle(reserve(state, { tokens: 40 }), { tokens: 40 }, { tokens: 130 })
    expect(over.used).toEqual({ tokens: 130 })
    expect(remainingOf(over)).toEqual({ tokens: 0 })
    expect(shortOf(over, { tokens: 1 })).toBe('tokens')
  })

  it('sums a thousand small amounts up to its limit, in spite of rounding', () => {
    let budget: BudgetState = { limit: { money: 100 }, reserved: {}, used: {} }
    for (let task = 0; task < 1_000; task += 1) {
      expect(shortOf(budget, { money: 0.1 })).toBeUndefined()
      budget = settle(reserve(budget, { money: 0.1 }), { money: 0.1 })
    }
    expect(shortOf(budget, { money: 0.1 })).toBe('money')
  })
})
