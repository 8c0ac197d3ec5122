import { describe, expect, it } from 'vitest'
import { Backoff, pause } from '#sdk/client/backoff.ts'

describe('Backoff', () => {
  it('waits up to twice as long each time, within its bounds', () => {
    const backoff = new Backoff({ minMs: 50, baseMs: 250, maxMs: 1_000 })
    for (const ceiling of [250, 500, 1_000, 1_000]) {
      const waitMs = backoff.nextMs()
      expect(waitMs).toBeGreaterThanOrEqual(50)
      expect(waitMs).toBeLessThanOrEqual(ceiling)
    }
    backoff.reset()
    expect(backoff.nextMs()).toBeLessThanOrEqual(250)
  })

  it('spreads waits that have to be short over all of the time they have', () => {
    const waits = Array.from({ length: 200 }, () => {
      const backoff = new Backoff({ minMs: 50, baseMs: 3_000, maxMs: 3_000 })
      return backoff.nextMs(300)
    })
    expect(Math.max(...waits)).toBeLessThanOrEqual(300)
    expect(new Set(waits.map((waitMs) => Math.floor(waitMs / 50))).size).toBeGreaterThanOrEqual(4)
  })
})

describe('pause', () => {
  it('ends with the reason of its signal', async () => {
    const aborting = new AbortController()
    const pausing = pause(60_000, aborting.signal)
    aborting.abort(new Error('enough'))
    await expect(pausing).rejects.toThrow('enough')
    await expect(pause(60_000, aborting.signal)).rejects.toThrow('enough')
  })
})
