import TinyQueue from 'tinyqueue'

interface Timer {
  readonly dueAt: number
  /** Breaks ties: timers due at the same time fire in the order they were set. */
  readonly order: number
  readonly callback: () => void
  isCanceled: boolean
}

/** The one time of a simulated world, in milliseconds since its beginning. It moves from one timer to the next. */
export class SimClock {
  readonly #timers = new TinyQueue<Timer>([], (a, b) => a.dueAt - b.dueAt || a.order - b.order)
  #now = 0
  #timersSet = 0
  #liveCount = 0

  get now(): number {
    return this.#now
  }

  /** Timers set and neither fired nor canceled. */
  get timerCount(): number {
    return this.#liveCount
  }

  /** At a whole millisecond, as Node's timers. */
  setTimer(delayMs: number, callback: () => void): () => void {
    this.#timersSet += 1
    this.#liveCount += 1
    const timer = {
      dueAt: this.#now + Math.max(0, Math.ceil(delayMs)),
      order: this.#timersSet,
      callback,
      isCanceled: false,
    }
    this.#timers.push(timer)
    return () => {
      if (timer.isCanceled) return
      timer.isCanceled = true
      this.#liveCount -= 1
    }
  }

  wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.setTimer(ms, resolve))
  }

  /** Fires everything due until then, or until the condition holds. Promises settle between two moments. */
  async runUntil(until: number, isOver: () => boolean = () => false): Promise<void> {
    await settled()
    for (
      let next = this.#timers.peek();
      next !== undefined && next.dueAt <= until;
      next = this.#timers.peek()
    ) {
      if (isOver()) return
      this.#now = Math.max(this.#now, next.dueAt)
      this.#fireDue()
      await settled()
    }
    this.#now = Math.max(this.#now, until)
  }

  #fireDue(): void {
    for (
      let next = this.#timers.peek();
      next !== undefined && next.dueAt <= this.#now;
      next = this.#timers.peek()
    ) {
      this.#timers.pop()
      if (next.isCanceled) continue
      next.isCanceled = true
      this.#liveCount -= 1
      next.callback()
    }
  }
}

/** A turn of the event loop: every promise that can settle without a timer has done so. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
