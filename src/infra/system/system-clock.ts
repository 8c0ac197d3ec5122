import { type EpochMs, epochMs, type MonotonicMs, monotonicMs } from '#domain/model/ids.ts'
import type { Clock } from '#domain/ports/clock.ts'
import { startTimer } from './timer.ts'

/** The machine's own time. Its timers keep the process alive until they fired or were cancelled. */
export class SystemClock implements Clock {
  now(): EpochMs {
    return epochMs(Date.now())
  }

  monotonic(): MonotonicMs {
    return monotonicMs(performance.now())
  }

  setTimer(delayMs: number, callback: () => void): () => void {
    return startTimer(delayMs, callback)
  }
}
