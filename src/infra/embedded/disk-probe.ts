import { statfs } from 'node:fs/promises'
import type { Clock } from '#domain/ports/clock.ts'
import { causeOfFailure } from './lmdb-failure.ts'
import type { LmdbTables } from './lmdb-tables.ts'
import type { StoreHealth } from './store-health.ts'

export interface DiskProbeModules {
  readonly tables: Pick<LmdbTables, 'directory' | 'root' | 'meta'>
  readonly clock: Clock
  readonly health: StoreHealth
}

const FIRST_DELAY_MS = 250
const DELAY_MAX_MS = 2_000
/** Enough to need new pages, so that a disk that has room for a byte does not pass. */
const TRIAL_BYTES = 256 * 1_024
/** A trial write on a disk with less would only fail again. */
const FREE_BYTES_MIN = 4 * TRIAL_BYTES

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
    const { health } = this.#modules
    const isPassed = (await this.#hasRoom()) && (await this.#takesWrite())
    if (health.trouble !== 'refused') {
      this.#cancelTimer = undefined
    } else if (isPassed) {
      this.#cancelTimer = undefined
      health.recover('refused')
    } else {
      this.#schedule(Math.min(2 * delayMs, DELAY_MAX_MS))
    }
  }

  async #hasRoom(): Promise<boolean> {
    try {
      const { bavail, bsize } = await statfs(this.#modules.tables.directory)
      return bavail * bsize >= FREE_BYTES_MIN
    } catch {
      return false
    }
  }

  async #takesWrite(): Promise<boolean> {
    const { root, meta } = this.#modules.tables
    try {
      const committed = root.childTransaction(() => meta.putSync(['probe'], Buffer.alloc(TRIAL_BYTES, 1)))
      await Promise.all([committed, root.flushed])
      return true
    } catch (error) {
      await causeOfFailure(error)
      return false
    }
  }
}
