import type { EpochMs, MonotonicMs } from '../model/ids.ts'

/** Time, as the domain may know it. */
export interface Clock {
  /**
   * The time of day, for what people read and for what has to mean the same after a restart and on other nodes: due
   * times, deadlines, ages. All nodes that share a store have one such clock, the store's, and read it with an error of
   * milliseconds. It may jump where somebody sets it.
   */
  now(): EpochMs
  /** For every duration that decides something: leases, graces, timeouts. */
  monotonic(): MonotonicMs
  /** Calls back once, not before `delayMs` (0 or more) have passed. The returned function cancels. */
  setTimer(delayMs: number, callback: () => void): () => void
}
