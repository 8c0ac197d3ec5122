import { SwarmError } from '#domain/model/errors.ts'
import type { Logger } from '#domain/ports/logger.ts'

/**
 * `stalled`: the disk takes long. `refused`: there is no room, or a change was aborted; nothing is in doubt. `failed`:
 * LMDB could not write or flush what it was given, so that nobody knows what is kept; only a new process can tell.
 * `closed`: for good.
 */
export type StoreTrouble = 'stalled' | 'refused' | 'failed' | 'closed'

const WORSE_LAST: readonly StoreTrouble[] = ['stalled', 'refused', 'failed', 'closed']
const RETRY_AFTER_MS = 1_000

export interface StoreHealthModules {
  readonly logger: Logger
  /** Called once, when the store has failed and the process has to end. */
  readonly onFailed: (reason: string) => void
}

/** Whether the store can be written and read, and why not. */
export class StoreHealth {
  readonly #modules: StoreHealthModules
  #trouble: StoreTrouble | undefined
  #reason = ''
  #hasFailed = false
  #isFailureTold = false

  constructor(modules: StoreHealthModules) {
    this.#modules = modules
  }

  get trouble(): StoreTrouble | undefined {
    return this.#trouble
  }

  get reason(): string | undefined {
    return this.#trouble === undefined ? undefined : this.#reason
  }

  /** True for good once LMDB has failed, also after the store was closed. */
  get hasFailed(): boolean {
    return this.#hasFailed
  }

  get isReadable(): boolean {
    return !this.#hasFailed && this.#trouble !== 'closed'
  }

  /** Before the reason of a failure is known: refuses everything at once. {@link report} has to follow. */
  refuseAll(): void {
    if (this.#hasFailed) return
    this.#hasFailed = true
    if (this.#trouble === 'closed') return
    this.#trouble = 'failed'
    this.#reason = 'a transaction could not be written'
  }

  /** A worse trouble takes the place of a lesser one, never the other way round. */
  report(trouble: StoreTrouble, reason: string): void {
    const isWorse =
      this.#trouble === undefined || WORSE_LAST.indexOf(trouble) > WORSE_LAST.indexOf(this.#trouble)
    const isFirstFailure = trouble === 'failed' && !this.#isFailureTold
    if (!isWorse && !isFirstFailure) return
    if (this.#trouble !== 'closed') {
      this.#trouble = trouble
      this.#reason = reason
    }
    const { logger, onFailed } = this.#modules
    if (trouble === 'failed') {
      this.#hasFailed = true
      this.#isFailureTold = true
      logger.error({ reason }, 'store failed')
      onFailed(reason)
    } else if (trouble !== 'closed') logger.warn({ trouble, reason }, 'store takes no writes')
  }

  /** The trouble is over, where it is this one. */
  recover(trouble: 'stalled' | 'refused'): void {
    if (this.#trouble !== trouble) return
    this.#trouble = undefined
    this.#modules.logger.info({ trouble, reason: this.#reason }, 'store takes writes again')
  }

  /** The error for a call that is not taken now, or whose outcome nobody knows. */
  unavailable(reason: string = this.#reason, cause?: unknown): SwarmError<'store_unavailable'> {
    const options = cause === undefined ? undefined : { cause }
    return new SwarmError('store_unavailable', { reason, retryAfterMs: RETRY_AFTER_MS }, options)
  }
}
