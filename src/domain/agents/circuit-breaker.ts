import { type MonotonicMs, monotonicMs } from '../model/ids.ts'

export interface BreakerOptions {
  /** Failures in a row that open the breaker, 1 to 1 000. */
  readonly failuresMax: number
  /** How long it stays open before one trial is allowed, in milliseconds. */
  readonly cooldownMs: number
}

export type BreakerState = 'closed' | 'open' | 'half_open'

/**
 * Keeps work away from an agent that keeps failing it: closed → open after `failuresMax` failures in a row →
 * half-open after `cooldownMs`, when a single trial decides (Nygard, "Release It!", 2nd ed., §5.2).
 */
export class CircuitBreaker {
  readonly #options: BreakerOptions
  #failures = 0
  #openedAt: MonotonicMs | undefined
  #isTrialRunning = false

  constructor(options: BreakerOptions) {
    this.#options = options
  }

  state(now: MonotonicMs): BreakerState {
    if (this.#openedAt === undefined) return 'closed'
    return now - this.#openedAt < this.#options.cooldownMs ? 'open' : 'half_open'
  }

  allows(now: MonotonicMs): boolean {
    const state = this.state(now)
    return state === 'closed' || (state === 'half_open' && !this.#isTrialRunning)
  }

  /** Milliseconds until a trial is allowed; 0 unless open. */
  remainingMs(now: MonotonicMs): number {
    return this.#openedAt === undefined ? 0 : Math.max(0, this.#openedAt + this.#options.cooldownMs - now)
  }

  /** Whether work is given to the agent without a trial, also after one more failure where that is what just came. */
  staysClosed(isFailure: boolean): boolean {
    return this.#openedAt === undefined && (!isFailure || this.#failures + 1 < this.#options.failuresMax)
  }

  /** Work was handed over. */
  onStart(now: MonotonicMs): void {
    if (this.state(now) === 'half_open') this.#isTrialRunning = true
  }

  /** The work came back without saying anything about the agent: released, canceled, revoked. */
  onNeutral(): void {
    this.#isTrialRunning = false
  }

  /** @returns true when this success closed the breaker. */
  onSuccess(): boolean {
    const wasOpen = this.#openedAt !== undefined
    this.#failures = 0
    this.#openedAt = undefined
    this.#isTrialRunning = false
    return wasOpen
  }

  /** Opens it whatever the failures were. @returns true unless it was open */
  trip(now: MonotonicMs): boolean {
    if (this.state(now) === 'open') return false
    this.#isTrialRunning = false
    this.#openedAt = monotonicMs(now)
    return true
  }

  /** @returns true when this failure opened the breaker, for the first time or again. */
  onFailure(now: MonotonicMs): boolean {
    this.#isTrialRunning = false
    this.#failures += 1
    if (this.state(now) === 'open' || this.#failures < this.#options.failuresMax) return false
    this.#openedAt = monotonicMs(now)
    return true
  }
}
