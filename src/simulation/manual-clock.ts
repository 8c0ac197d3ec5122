import { type EpochMs, epochMs, type MonotonicMs, monotonicMs } from '#domain/model/ids.ts'
import type { Clock } from '#domain/ports/clock.ts'

interface Timer {
  readonly dueAt: number
  /** Breaks ties: timers due at the same time fire in the order they were set. */
  readonly order: number
  readonly callback: () => void
}

/** Noon of 1 January 2026, UTC. */
const DEFAULT_START = Date.UTC(2026, 0, 1, 12)

/** Time that moves only when the test moves it. */
export class ManualClock implements Clock {
  readonly #timers = new Set<Timer>()
  #monotonic = 0
  #wallOffset: number
  #timersSet = 0

  constructor(startAt: number = DEFAULT_START) {
    this.#wallOffset = startAt
  }

  now(): EpochMs {
    return epochMs(this.#wallOffset + this.#monotonic)
  }

  monotonic(): MonotonicMs {
    return monotonicMs(this.#monotonic)
  }

  setTimer(delayMs: number, callback: () => void): () => void {
    this.#timersSet += 1
    const timer = { dueAt: this.#monotonic + Math.max(0, delayMs), order: this.#timersSet, callback }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Timers set and neither fired nor cancelled. */
  get timerCount(): number {
    return this.#timers.size
  }

  /** Milliseconds until the next timer is due; undefined where none is set. */
  get nextTimerInMs(): number | undefined {
    const next = this.#next()
    return next === undefined ? undefined : Math.max(0, next.dueAt - this.#monotonic)
  }

  /** Moves time on and fires what falls due on the way, each at its own time, timers set meanwhile included. */
  advance(ms: number): void {
    const until = this.#monotonic + ms
    for (let timer = this.#next(); timer !== undefined && timer.dueAt <= until; timer = this.#next()) {
      this.#fire(timer)
    }
    this.#monotonic = until
  }

  /**
   * As {@link advance}, but lets promises settle before the first timer, between timers and after the last, so that
   * asynchronous work runs at the time it was started. For code that awaits no real I/O.
   */
  async advanceAsync(ms: number): Promise<void> {
    const until = this.#monotonic + ms
    await settled()
    for (let timer = this.#next(); timer !== undefined && timer.dueAt <= until; timer = this.#next()) {
      this.#fire(timer)
      await settled()
    }
    this.#monotonic = until
  }

  /** Somebody sets the wall clock: durations do not notice. */
  jumpWallClock(ms: number): void {
    this.#wallOffset += ms
  }

  #next(): Timer | undefined {
    let next: Timer | undefined
    for (const timer of this.#timers) {
      if (
        next === undefined ||
        timer.dueAt < next.dueAt ||
        (timer.dueAt === next.dueAt && timer.order < next.order)
      ) {
        next = timer
      }
    }
    return next
  }

  #fire(timer: Timer): void {
    this.#timers.delete(timer)
    this.#monotonic = Math.max(this.#monotonic, timer.dueAt)
    timer.callback()
  }
}

/** A turn of the event loop: every promise that can settle without I/O has done so. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
