import type { EpochMs, MonotonicMs } from '../ids.ts'

/** Time, as the domain may know it. */
export interface Clock {
  /** Wall-clock time, for what people and other machines read. It may jump. */
  now(): EpochMs
  /** For every duration that decides something: leases, graces, timeouts. */
  monotonic(): MonotonicMs
  /** Calls back once, not before `delayMs` (0 or more) have passed. The returned function cancels. */
  setTimer(delayMs: number, callback: () => void): () => void
}
