import { type EpochMs, epochMs, type MonotonicMs, monotonicMs } from '#domain/ids.ts'
import type { Clock } from '#domain/ports/clock.ts'

/** Above it Node fires at once instead of late. */
const NODE_TIMER_MAX_MS = 2_147_483_647

/** The machine's own time. Its timers keep the process alive until they fired or were cancelled. */
export class SystemClock implements Clock {
  now(): EpochMs {
    return epochMs(Date.now())
  }

  monotonic(): MonotonicMs {
    return monotonicMs(performance.now())
  }

  setTimer(delayMs: number, callback: () => void): () => void {
    const dueAt = performance.now() + delayMs
    let timer: NodeJS.Timeout
    const arm = (): void => {
      const leftMs = Math.min(Math.max(0, dueAt - performance.now()), NODE_TIMER_MAX_MS)
      timer = setTimeout(fire, Math.ceil(leftMs))
    }
    // Node rounds to whole milliseconds and may call up to one early; the port promises never to.
    const fire = (): void => (performance.now() < dueAt ? arm() : callback())
    arm()
    return () => clearTimeout(timer)
  }
}
