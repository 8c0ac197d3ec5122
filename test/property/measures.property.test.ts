import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fencingToken } from '#domain/model/fencing-token.ts'
import { swarmEpoch } from '#domain/model/ids.ts'
import { backoffMs } from '#domain/resources/backoff.ts'
import { DurationHistogram } from '#domain/resources/duration-histogram.ts'

describe('DurationHistogram', () => {
  it('is at most 5 % above the true quantile and never below it, for any durations up to 78 hours', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 1, max: 284_000_000, noNaN: true }), { minLength: 1, maxLength: 500 }),
        (durations) => {
          const histogram = new DurationHistogram()
          for (const duration of durations) histogram.record(duration)
          const sorted = durations.toSorted((a, b) => a - b)
          const { p50Ms, p90Ms, p99Ms, maxMs, meanMs, count } = histogram.summary()
          expect(count).toBe(durations.length)
          expect(maxMs).toBe(sorted.at(-1))
          expect(meanMs).toBeCloseTo(durations.reduce((sum, duration) => sum + duration, 0) / count, 3)
          for (const [q, found] of [
            [0.5, p50Ms],
            [0.9, p90Ms],
            [0.99, p99Ms],
          ] as const) {
            const exact = sorted[Math.max(0, Math.ceil(q * count) - 1)]!
            expect(found).toBeGreaterThanOrEqual(exact * 0.999_999)
            expect(found).toBeLessThanOrEqual(exact * 1.050_001)
          }
        },
      ),
      { numRuns: 200 },
    )
  })
})

describe('backoffMs', () => {
  it('stays between half and all of the step, and never above the maximum', () => {
    fc.assert(
      fc.property(
        fc.record({
          baseMs: fc.integer({ min: 0, max: 60_000 }),
          factor: fc.double({ min: 1, max: 10, noNaN: true }),
          maxMs: fc.integer({ min: 0, max: 3_600_000 }),
        }),
        fc.integer({ min: 1, max: 1_000 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (backoff, attempt, draw) => {
          // After many attempts the power is infinite, and 0 times that is no number.
          const power = Math.min(Number.MAX_VALUE, backoff.factor ** (attempt - 1))
          const full = Math.min(backoff.maxMs, backoff.baseMs * power)
          const wait = backoffMs(backoff, attempt, draw)
          expect(wait).toBeGreaterThanOrEqual(Math.floor(full / 2))
          expect(wait).toBeLessThanOrEqual(Math.ceil(full))
          expect(Number.isInteger(wait)).toBe(true)
        },
      ),
    )
  })
})

describe('fencingToken', () => {
  it('orders assignments by epoch, then by count', () => {
    const assignment = fc.tuple(
      fc.integer({ min: 0, max: 2 ** 33 - 1 }),
      fc.integer({ min: 0, max: 2 ** 20 - 1 }),
    )
    fc.assert(
      fc.property(assignment, assignment, ([epochA, countA], [epochB, countB]) => {
        const a = fencingToken(swarmEpoch(epochA), countA)
        const b = fencingToken(swarmEpoch(epochB), countB)
        expect(Math.sign(a - b)).toBe(Math.sign(epochA - epochB || countA - countB))
      }),
    )
  })
})
