import { startTimer } from '#infra/system/timer.ts'

export interface BackoffOptions {
  /** No wait is shorter. */
  readonly minMs: number
  /** The longest first wait; each further one may be twice as long as the one before. */
  readonly baseMs: number
  /** No wait is longer. */
  readonly maxMs: number
}

/** How long to wait before try after try: growing, and drawn at random so that many callers do not come back at once. */
export class Backoff {
  readonly #options: BackoffOptions
  #tries = 0

  constructor(options: BackoffOptions) {
    this.#options = options
  }

  /** @param atMostMs where this wait has a reason of its own to be short */
  nextMs(atMostMs = Number.POSITIVE_INFINITY): number {
    const { minMs, baseMs, maxMs } = this.#options
    const ceiling = Math.min(maxMs, atMostMs, baseMs * 2 ** this.#tries)
    this.#tries += 1
    return minMs + Math.random() * Math.max(0, ceiling - minMs)
  }

  /** To be called after a success: the next wait is a first one again. */
  reset(): void {
    this.#tries = 0
  }
}

/** Resolves after `ms`. @throws the signal's reason as soon as it is aborted */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const cancel = startTimer(ms, () => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    })
    function onAbort(): void {
      cancel()
      reject(signal?.reason as Error)
    }
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}
