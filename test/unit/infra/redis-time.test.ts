import { describe, expect, it } from 'vitest'
import type { MonotonicMs } from '#domain/ids.ts'
import { RedisTime } from '#infra/redis/redis-time.ts'

const ms = (value: number): MonotonicMs => value as MonotonicMs

describe('the clock of Redis', () => {
  it('is not known before its first answer', () => {
    expect(new RedisTime().at(ms(0))).toBeUndefined()
  })

  it('is taken from the middle of the round trip', () => {
    const time = new RedisTime()
    time.note(1_000_050, ms(100), ms(200))
    expect(time.at(ms(150))).toBe(1_000_050)
    expect(time.at(ms(1_150))).toBe(1_001_050)
  })

  it('keeps a good sample over a worse one, until its drift is worse', () => {
    const time = new RedisTime()
    time.note(1_000_000, ms(0), ms(0))
    time.note(1_000_400, ms(0), ms(600))
    expect(time.at(ms(600))).toBe(1_000_600)
    time.note(2_000_300, ms(400_000), ms(400_600))
    expect(time.at(ms(400_300))).toBe(2_000_300)
  })

  it('is learned anew from another run of Redis', () => {
    const time = new RedisTime()
    time.in('first')
    time.note(1_000, ms(0), ms(0))
    time.in('first')
    expect(time.at(ms(1))).toBe(1_001)
    time.in('second')
    expect(time.at(ms(1))).toBeUndefined()
  })
})
