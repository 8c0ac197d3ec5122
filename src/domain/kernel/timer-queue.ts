import TinyQueue from 'tinyqueue'
import { type MonotonicMs, monotonicMs } from '../model/ids.ts'
import type { Clock } from '../ports/clock.ts'

interface Entry<Key> {
  readonly at: MonotonicMs
  readonly key: Key
}

interface Alarm {
  at: MonotonicMs
  /** The time of this key's one live entry in the heap, at most `at`. */
  queuedAt: MonotonicMs
}

/** Dead entries left in the heap before it pays to sweep them out. */
const SWEEP_AT = 1_024

/**
 * Many alarms over one timer. Moving an alarm later costs no heap operation, which is what a lease does with every
 * heartbeat: its entry is looked at when it comes up and put back.
 */
export class TimerQueue<Key> {
  readonly #clock: Clock
  readonly #ring: (key: Key) => void
  readonly #alarms = new Map<Key, Alarm>()
  #heap = new TinyQueue<Entry<Key>>([], byTime)
  #timerAt: MonotonicMs | undefined
  #isOver = false
  #cancelTimer: () => void = () => undefined

  constructor(ring: (key: Key) => void, { clock }: { readonly clock: Clock }) {
    this.#ring = ring
    this.#clock = clock
  }

  get size(): number {
    return this.#alarms.size
  }

  /** Sets the key's alarm, in place of an earlier one. */
  set(key: Key, delayMs: number): void {
    if (this.#isOver) return
    const at = monotonicMs(this.#clock.monotonic() + Math.max(0, delayMs))
    const alarm = this.#alarms.get(key)
    if (alarm !== undefined && at >= alarm.queuedAt) {
      alarm.at = at
      return
    }
    this.#alarms.set(key, { at, queuedAt: at })
    this.#heap.push({ at, key })
    if (this.#heap.length > 2 * this.#alarms.size + SWEEP_AT) this.#sweep()
    this.#arm()
  }

  delete(key: Key): void {
    this.#alarms.delete(key)
  }

  /** Ends all alarms for good: a step that was under way may want to set one yet. */
  clear(): void {
    this.#isOver = true
    this.#alarms.clear()
    this.#heap = new TinyQueue<Entry<Key>>([], byTime)
    this.#cancelTimer()
    this.#timerAt = undefined
  }

  #sweep(): void {
    const live = [...this.#alarms].map(([key, { queuedAt }]) => ({ at: queuedAt, key }))
    this.#heap = new TinyQueue(live, byTime)
  }

  #arm(): void {
    const next = this.#heap.peek()
    if (next === undefined || (this.#timerAt !== undefined && this.#timerAt <= next.at)) return
    this.#cancelTimer()
    this.#timerAt = next.at
    this.#cancelTimer = this.#clock.setTimer(Math.max(0, next.at - this.#clock.monotonic()), () =>
      this.#onTimer(),
    )
  }

  #onTimer(): void {
    this.#timerAt = undefined
    const now = this.#clock.monotonic()
    for (let entry = this.#heap.peek(); entry !== undefined && entry.at <= now; entry = this.#heap.peek()) {
      this.#heap.pop()
      const alarm = this.#alarms.get(entry.key)
      if (alarm === undefined || alarm.queuedAt !== entry.at) continue
      if (alarm.at > now) {
        alarm.queuedAt = alarm.at
        this.#heap.push({ at: alarm.at, key: entry.key })
        continue
      }
      this.#alarms.delete(entry.key)
      this.#ring(entry.key)
    }
    this.#arm()
  }
}

function byTime<Key>(a: Entry<Key>, b: Entry<Key>): number {
  return a.at - b.at
}
