import { type EpochMs, epochMs, type MonotonicMs, monotonicMs } from '#domain/model/ids.ts'
import type { Clock } from '#domain/ports/clock.ts'
import type { SimClock } from './sim-clock.ts'

const WORLD_BEGAN_AT = Date.UTC(2026, 0, 1, 12)

/**
 * A process of the simulated world: a server node or an agent. What reaches it while it is stopped (SIGSTOP) waits
 * until it goes on; what reaches it after its death is lost. Its monotonic clock is the world's, its wall clock may be
 * set by anybody.
 */
export class SimProcess {
  readonly clock: Clock
  readonly #world: SimClock
  readonly #waiting: (() => void)[] = []
  #state: 'running' | 'stopped' | 'dead' = 'running'
  #timerCount = 0
  #wallOffsetMs = 0

  constructor(world: SimClock) {
    this.#world = world
    this.clock = {
      now: (): EpochMs => epochMs(WORLD_BEGAN_AT + world.now + this.#wallOffsetMs),
      monotonic: (): MonotonicMs => monotonicMs(world.now),
      setTimer: (delayMs, callback) => this.#setTimer(delayMs, callback),
    }
  }

  get isRunning(): boolean {
    return this.#state === 'running'
  }

  /** Timers set through its clock, and neither fired nor canceled. */
  get timerCount(): number {
    return this.#timerCount
  }

  get isDead(): boolean {
    return this.#state === 'dead'
  }

  /** Now, when the process goes on, or never. */
  run(work: () => void): void {
    if (this.#state === 'running') work()
    else if (this.#state === 'stopped') this.#waiting.push(work)
  }

  /** The same answer, as the process gets to know it. */
  bring<T>(answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      answer.then(
        (value) => this.run(() => resolve(value)),
        (error: unknown) => this.run(() => reject(error)),
      )
    })
  }

  stop(): void {
    if (this.#state === 'running') this.#state = 'stopped'
  }

  goOn(): void {
    if (this.#state !== 'stopped') return
    this.#state = 'running'
    for (const work of this.#waiting.splice(0)) work()
  }

  kill(): void {
    this.#state = 'dead'
    this.#waiting.length = 0
  }

  /** Sets the wall clock so far before or behind the world's. */
  setWallClock(offsetMs: number): void {
    this.#wallOffsetMs = offsetMs
  }

  #setTimer(delayMs: number, callback: () => void): () => void {
    let isOver = false
    const end = (): boolean => {
      if (isOver) return false
      isOver = true
      this.#timerCount -= 1
      return true
    }
    this.#timerCount += 1
    const cancel = this.#world.setTimer(delayMs, () => this.run(() => end() && callback()))
    return () => {
      if (end()) cancel()
    }
  }
}
