import { SwarmError } from '#domain/errors.ts'
import type { Logger } from '#domain/ports/logger.ts'

/**
 * `stalled`: the disk takes long. `refused`: it took no write. `doubtful`: it did not confirm what was committed, so
 * that what is read may not be what is kept; only a restart tells. `closed`: for good.
 */
export type StoreTrouble = 'stalled' | 'refused' | 'doubtful' | 'closed'

const WORSE_LAST: readonly StoreTrouble[] = ['stalled', 'refused', 'doubtful', 'closed']
const RETRY_AFTER_MS = 1_000

/** Whether the store takes writes, and why not. */
export class StoreHealth {
  readonly #logger: Logger
  #trouble: StoreTrouble | undefined
  #reason = ''

  constructor(logger: Logger) {
    this.#logger = logger
  }

  get trouble(): StoreTrouble | undefined {
    return this.#trouble
  }

  get reason(): string | undefined {
    return this.#trouble === undefined ? undefined : this.#reason
  }

  /** A worse trouble takes the place of a lesser one, never the other way round. */
  report(trouble: StoreTrouble, reason: string): void {
    const isNews =
      this.#trouble === undefined || WORSE_LAST.indexOf(trouble) > WORSE_LAST.indexOf(this.#trouble)
    if (!isNews) return
    this.#trouble = trouble
    this.#reason = reason
    if (trouble === 'doubtful') this.#logger.error({ trouble, reason }, 'store needs a restart')
    else if (trouble !== 'closed') this.#logger.warn({ trouble, reason }, 'store takes no writes')
  }

  /** The trouble is over, where it is this one. */
  recover(trouble: 'stalled' | 'refused'): void {
    if (this.#trouble !== trouble) return
    this.#trouble = undefined
    this.#logger.info({ trouble, reason: this.#reason }, 'store takes writes again')
  }

  /** The error for a write that is not taken now, or whose outcome nobody knows. */
  unavailable(reason: string = this.#reason, cause?: unknown): SwarmError<'store_unavailable'> {
    const options = cause === undefined ? undefined : { cause }
    return new SwarmError('store_unavailable', { reason, retryAfterMs: RETRY_AFTER_MS }, options)
  }
}
