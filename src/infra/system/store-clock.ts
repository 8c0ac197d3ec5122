import { type EpochMs, epochMs, type MonotonicMs } from '#domain/model/ids.ts'
import type { Clock } from '#domain/ports/clock.ts'
import type { Logger } from '#domain/ports/logger.ts'

export interface StoreClockModules {
  /** The machine's clock. Only its monotonic time and its timers are used. */
  readonly clock: Clock
  readonly logger: Logger
  /** Asks the store for its time. */
  readTime(): Promise<EpochMs>
}

/** How often the store is asked for its time. */
const READ_EVERY_MS = 1_000
/** How much further from the truth an offset may be with every second: two quartz clocks drift apart by less. */
const DRIFT_MS_PER_SECOND = 0.1
/** A difference that is logged: nobody's network is that uneven. */
const STEP_MS = 1_000

/** The store's time less this machine's monotonic time. */
interface Offset {
  readonly ms: number
  readonly errorMs: number
  readonly readAt: MonotonicMs
}

/**
 * The time of a store that several machines share, so that what one of them wrote means the same on all others. The
 * wall clock of this machine may be wrong, and may be set.
 *
 * After Cristian: the store read its clock at some moment of the round trip, so that the middle is wrong by half of it
 * at most. A reading counts where its error is smaller than that of the one before, which grows by what clocks drift,
 * or where the two cannot both be right: then the store's clock was set.
 */
export class StoreClock implements Clock {
  readonly #modules: StoreClockModules
  #offset: Offset | undefined
  #cancelTimer: () => void = () => undefined
  #isStopped = false

  constructor(modules: StoreClockModules) {
    this.#modules = modules
  }

  /** To be awaited before the time is asked for. @throws whatever the first reading failed with */
  async start(): Promise<void> {
    await this.#read()
    this.#schedule()
  }

  /** Asks at once: the store may be another one now. */
  refresh(): void {
    // A store that does not answer leaves the offset as it is.
    this.#read().catch(() => undefined)
  }

  now(): EpochMs {
    return epochMs(Math.floor(this.monotonic() + (this.#offset?.ms ?? 0)))
  }

  monotonic(): MonotonicMs {
    return this.#modules.clock.monotonic()
  }

  setTimer(delayMs: number, callback: () => void): () => void {
    return this.#modules.clock.setTimer(delayMs, callback)
  }

  stop(): void {
    this.#isStopped = true
    this.#cancelTimer()
  }

  #schedule(): void {
    if (this.#isStopped) return
    this.#cancelTimer = this.#modules.clock.setTimer(READ_EVERY_MS, () => {
      // A store that does not answer leaves the offset as it is.
      void this.#read()
        .catch(() => undefined)
        .then(() => this.#schedule())
    })
  }

  async #read(): Promise<void> {
    const askedAt = this.monotonic()
    const time = await this.#modules.readTime()
    const readAt = this.monotonic()
    const errorMs = (readAt - askedAt) / 2 + 1
    this.#take({ ms: time - (askedAt + readAt) / 2, errorMs, readAt })
  }

  #take(reading: Offset): void {
    const known = this.#offset
    if (known === undefined) {
      this.#offset = reading
      return
    }
    const knownErrorMs = known.errorMs + ((reading.readAt - known.readAt) / 1_000) * DRIFT_MS_PER_SECOND
    const differenceMs = reading.ms - known.ms
    const isStep = Math.abs(differenceMs) > knownErrorMs + reading.errorMs
    if (isStep || reading.errorMs <= knownErrorMs) this.#offset = reading
    if (isStep && Math.abs(differenceMs) >= STEP_MS)
      this.#modules.logger.warn({ differenceMs: Math.round(differenceMs) }, "the store's clock was set")
  }
}
