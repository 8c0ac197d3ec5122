import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { checkDurationMs, startTimer, timeLimit } from '#infra/system/timer.ts'

const DAY_MS = 86_400_000

describe('startTimer', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it.each([1, 1_000, DAY_MS, 2 ** 31 - 1, 2 ** 31, 30 * DAY_MS, 365 * DAY_MS])(
    'calls back once after %i ms, not before',
    (delayMs) => {
      let calls = 0
      startTimer(delayMs, () => void (calls += 1))
      vi.advanceTimersByTime(delayMs - 1)
      expect(calls).toBe(0)
      vi.advanceTimersByTime(1)
      expect(calls).toBe(1)
      vi.advanceTimersByTime(delayMs)
      expect(calls).toBe(1)
    },
  )

  it.each([Number.POSITIVE_INFINITY, Number.MAX_VALUE])('never calls back after %d ms', (delayMs) => {
    let calls = 0
    startTimer(delayMs, () => void (calls += 1))
    vi.advanceTimersByTime(100 * 365 * DAY_MS)
    expect(calls).toBe(0)
  })

  it.each([0, -1, Number.NEGATIVE_INFINITY])('calls back at once after %d ms', (delayMs) => {
    let calls = 0
    startTimer(delayMs, () => void (calls += 1))
    vi.advanceTimersByTime(0)
    expect(calls).toBe(1)
  })

  it('does not call back once it is cancelled, however long it is', () => {
    let calls = 0
    for (const delayMs of [10, 40 * DAY_MS]) startTimer(delayMs, () => void (calls += 1))()
    const cancel = startTimer(60 * DAY_MS, () => void (calls += 1))
    vi.advanceTimersByTime(30 * DAY_MS)
    cancel()
    vi.advanceTimersByTime(60 * DAY_MS)
    expect(calls).toBe(0)
  })

  it.each([Number.NaN, undefined, '5', null])('refuses %s for a delay', (delay) => {
    expect(() => startTimer(delay as number, () => undefined)).toThrow(RangeError)
  })

  it('limits a time of any length', () => {
    const { signal } = timeLimit(30 * DAY_MS)
    vi.advanceTimersByTime(30 * DAY_MS - 1)
    expect(signal.aborted).toBe(false)
    vi.advanceTimersByTime(1)
    expect(signal.reason).toMatchObject({ name: 'TimeoutError' })
  })

  it('takes durations of 0 or more, and none', () => {
    for (const good of [undefined, 0, 0.5, 2 ** 40, Number.POSITIVE_INFINITY]) checkDurationMs('x', good)
    for (const bad of [-1, Number.NaN, '5', null, {}])
      expect(() => checkDurationMs('timeoutMs', bad as number)).toThrow(
        'timeoutMs must be a number of milliseconds',
      )
  })
})
