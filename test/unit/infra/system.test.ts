import { describe, expect, it } from 'vitest'
import type { Logger } from '#domain/ports/logger.ts'
import { createPinoLogger } from '#infra/system/pino-logger.ts'
import { SystemClock } from '#infra/system/system-clock.ts'
import { newToken, tokenHash, tokenMatches } from '#infra/system/token-hash.ts'
import { UuidIds } from '#infra/system/uuid-ids.ts'
import { ManualClock } from '#simulation/manual-clock.ts'

describe('UuidIds', () => {
  it('makes lower-case UUIDs of version 7 that carry the time', () => {
    const clock = new ManualClock(0x0123_4567_89ab)
    expect(new UuidIds({ clock }).next()).toMatch(
      /^01234567-89ab-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    )
  })

  it('sorts by the order of making within one millisecond, past the counter and across a clock set back', () => {
    const clock = new ManualClock()
    const ids = new UuidIds({ clock })
    const made = Array.from({ length: 10_000 }, () => ids.next())
    clock.jumpWallClock(-60_000)
    made.push(...Array.from({ length: 10_000 }, () => ids.next()))
    clock.advance(120_000)
    made.push(...Array.from({ length: 10_000 }, () => ids.next()))
    expect(new Set(made).size).toBe(made.length)
    expect(made).toEqual(made.toSorted())
  })
})

describe('SystemClock', () => {
  it('never calls a timer back early', async () => {
    const clock = new SystemClock()
    for (const delayMs of [0, 0.4, 1.3, 2.7, 5.1]) {
      const startedAt = clock.monotonic()
      await new Promise<void>((resolve) => clock.setTimer(delayMs, resolve))
      expect(clock.monotonic() - startedAt).toBeGreaterThanOrEqual(delayMs)
    }
  })

  it('does not call back a cancelled timer, nor at once one that is weeks away', async () => {
    const clock = new SystemClock()
    const called: string[] = []
    const cancelFar = clock.setTimer(100 * 24 * 3_600_000, () => called.push('far'))
    clock.setTimer(1, () => called.push('cancelled'))()
    await new Promise<void>((resolve) => clock.setTimer(10, resolve))
    cancelFar()
    expect(called).toEqual([])
  })
})

describe('token hash', () => {
  it('matches the token it was made from and no other', () => {
    const token = newToken()
    const hash = tokenHash(token)
    expect(hash).toMatch(/^[0-9a-f]{64}$/)
    expect(tokenMatches(token, hash)).toBe(true)
    expect(tokenMatches(newToken(), hash)).toBe(false)
    expect(tokenMatches(token, hash.slice(1))).toBe(false)
  })
})

describe('pino logger', () => {
  it('serves as the Logger port', () => {
    const logger: Logger = createPinoLogger({ level: 'silent', fileDescriptor: 2 })
    expect(() => logger.info({ nodeId: 'n' }, 'node started')).not.toThrow()
  })
})
