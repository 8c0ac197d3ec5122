import type { Clock } from '../ports/clock.ts'

/** One-off timers that end together: what a coordinatorship means to do later must not outlive it. */
export class Reminders {
  readonly #clock: Clock
  readonly #cancels = new Set<() => void>()
  #isStopped = false

  constructor({ clock }: { readonly clock: Clock }) {
    this.#clock = clock
  }

  /** The returned function cancels. */
  set(delayMs: number, callback: () => void): () => void {
    if (this.#isStopped) return () => undefined
    const cancelTimer = this.#clock.setTimer(delayMs, () => {
      this.#cancels.delete(cancel)
      callback()
    })
    const cancel = (): void => {
      this.#cancels.delete(cancel)
      cancelTimer()
    }
    this.#cancels.add(cancel)
    return cancel
  }

  stop(): void {
    this.#isStopped = true
    for (const cancel of this.#cancels) cancel()
  }
}
