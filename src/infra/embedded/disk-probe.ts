import type { Clock } from '#domain/ports/clock.ts'
import type { StoreHealth } from './store-health.ts'

export interface DiskProbeModules {
  readonly clock: Clock
  readonly health: StoreHealth
  /** A write that tells whether there is room again. @returns whether it succeeded */
  readonly trial: () => Promise<boolean>
}

const FIRST_DELAY_MS = 250
const DELAY_MAX_MS = 2_000

/** After a refused write: tries from time to time whether the disk takes one again, and then ends the trouble. */
export class DiskProbe {
  readonly #modules: DiskProbeModules
  #cancelTimer: (() => void) | undefined

  constructor(modules: DiskProbeModules) {
    this.#modules = modules
  }

  start(): void {
    if (this.#cancelTimer === undefined) this.#schedule(FIRST_DELAY_MS)
  }

  stop(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = () => undefined
  }

  #schedule(delayMs: number): void {
    this.#cancelTimer = this.#modules.clock.setTimer(delayMs, () => void this.#try(delayMs))
  }

  async #try(delayMs: number): Promise<void> {
    const { health, trial } = this.#modules
    const isPassed = await trial()
    if (health.trouble !== 'refused') {
      this.#cancelTimer = undefined
    } else if (isPassed) {
      this.#cancelTimer = undefined
      health.recover('refused')
    } else {
      this.#schedule(Math.min(2 * delayMs, DELAY_MAX_MS))
    }
  }
}
