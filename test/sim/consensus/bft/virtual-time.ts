import TinyQueue from 'tinyqueue'

interface Due {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

/** Things to do at times that pass at once; two at one time in the order they were asked for. */
export class VirtualTime {
  readonly #queue = new TinyQueue<Due>([], (a, b) => a.at - b.at || a.order - b.order)
  #nowMs = 0
  #count = 0

  get nowMs(): number {
    return this.#nowMs
  }

  after(delayMs: number, run: () => void): void {
    this.#count += 1
    this.#queue.push({ at: this.#nowMs + delayMs, order: this.#count, run })
  }

  /** Runs what is due until `isDone` or the limit; says whether it is done. */
  runUntil(limitMs: number, isDone: () => boolean): boolean {
    while (!isDone()) {
      // Only looked at: what is due after the limit stays for the next run.
      const next = this.#queue.peek()
      if (next === undefined || next.at > limitMs) return false
      this.#queue.pop()
      this.#nowMs = next.at
      next.run()
    }
    return true
  }
}
