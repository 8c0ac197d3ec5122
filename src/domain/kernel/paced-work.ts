import { type MonotonicMs, monotonicMs } from '../model/ids.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { Reminders } from './reminders.ts'

export interface PacedWorkOptions {
  readonly name: string
  /** Pause before another try where the work failed, in milliseconds. */
  readonly retryMs: number
}

export interface PacedWorkModules {
  readonly reminders: Reminders
  readonly clock: Clock
  readonly logger: Logger
  work(): Promise<void>
}

/** Work that looks at how things stand: never twice at a time, and once more where it was asked for while it ran. */
export class PacedWork {
  readonly #options: PacedWorkOptions
  readonly #modules: PacedWorkModules
  #isRunning = false
  #isAskedFor = false
  #dueAt: MonotonicMs | undefined
  #cancelTimer: () => void = () => undefined

  constructor(options: PacedWorkOptions, modules: PacedWorkModules) {
    this.#options = options
    this.#modules = modules
  }

  /** Resolves when it is done, or at once where it runs already. */
  async now(): Promise<void> {
    this.#isAskedFor = true
    if (this.#isRunning) return
    this.#isRunning = true
    try {
      while (this.#isAskedFor) {
        this.#isAskedFor = false
        await this.#modules.work()
      }
    } catch (error) {
      const { name, retryMs } = this.#options
      this.#modules.logger.warn({ error, work: name }, 'work failed')
      this.within(retryMs)
    } finally {
      this.#isRunning = false
    }
  }

  /** One timer for all: where it is due earlier already, it says itself when it is due next. */
  within(delayMs: number): void {
    const { clock, reminders } = this.#modules
    const dueAt = monotonicMs(clock.monotonic() + delayMs)
    if (this.#dueAt !== undefined && this.#dueAt <= dueAt) return
    this.cancel()
    this.#dueAt = dueAt
    this.#cancelTimer = reminders.set(delayMs, () => {
      this.#dueAt = undefined
      void this.now()
    })
  }

  /** Takes back what {@link within} asked for. */
  cancel(): void {
    this.#cancelTimer()
    this.#dueAt = undefined
  }
}
