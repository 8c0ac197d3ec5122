import type { RateLimit } from '../model/control-record.ts'
import { type EpochMs, epochMs } from '../model/ids.ts'

/** What a bucket holds at a time. Plain data, stored so that a takeover does not refill it. */
export interface BucketLevel {
  readonly tokens: number
  readonly at: EpochMs
}

/** Rounding errors must not make a token wait for one more millisecond. */
const EPSILON = 1e-9

/**
 * A token bucket: it holds at most `burst` tokens, gains `count` in each `windowMs`, and each start takes one
 * (the leaky bucket as a meter of ITU-T I.371). A bucket that nothing was taken from is full.
 *
 * Time comes from the store's clock; where it jumps back, nothing is gained until it has passed `at` again.
 */
export function levelAt(limit: RateLimit, level: BucketLevel | undefined, now: EpochMs): BucketLevel {
  const burst = burstOf(limit)
  if (level === undefined) return { tokens: burst, at: now }
  const gained = (Math.max(0, now - level.at) * limit.count) / limit.windowMs
  return { tokens: Math.min(burst, level.tokens + gained), at: epochMs(Math.max(now, level.at)) }
}

/** The level after one start. */
export function takeToken(limit: RateLimit, level: BucketLevel | undefined, now: EpochMs): BucketLevel {
  const { tokens, at } = levelAt(limit, level, now)
  return { tokens: tokens - 1, at }
}

/** The level after a start that came to nothing. */
export function giveBackToken(limit: RateLimit, level: BucketLevel, now: EpochMs): BucketLevel {
  const { tokens, at } = levelAt(limit, level, now)
  return { tokens: Math.min(burstOf(limit), tokens + 1), at }
}

/** Whether nothing is missing, so that the level need not be remembered. */
export function isFull(limit: RateLimit, level: BucketLevel, now: EpochMs): boolean {
  return levelAt(limit, level, now).tokens >= burstOf(limit)
}

/** Milliseconds until a start is allowed; 0 where it is now. */
export function waitForToken(limit: RateLimit, level: BucketLevel | undefined, now: EpochMs): number {
  const { tokens, at } = levelAt(limit, level, now)
  if (tokens >= 1 - EPSILON) return 0
  return Math.max(0, at - now) + Math.ceil(((1 - tokens) * limit.windowMs) / limit.count - EPSILON)
}

function burstOf({ count, burst = count }: RateLimit): number {
  return Math.max(1, burst)
}
