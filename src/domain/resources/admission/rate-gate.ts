import type { RateLevelRecord, RateLimit } from '../../model/control-record.ts'
import type { EpochMs, TaskId } from '../../model/ids.ts'
import { giveBackToken, isFull, takeToken, waitForToken } from '../token-bucket.ts'
import type { AdmissionFacts, AdmissionGate, Hold } from './admission-gate.ts'
import type { Controls } from './controls.ts'

/** Levels kept before those of full buckets are swept out. */
const SWEEP_AT = 10_000

/** Holds a task while a rate limit is used up. One token bucket for each target; see `token-bucket.ts`. */
export class RateGate implements AdmissionGate {
  readonly #controls: Controls
  /** A bucket that is missing is full. */
  readonly #levels = new Map<string, RateLevelRecord>()
  /** What each task that is being assigned has taken from. */
  readonly #taken = new Map<TaskId, readonly string[]>()
  #sweepAt = SWEEP_AT

  constructor({ controls }: { readonly controls: Controls }) {
    this.#controls = controls
  }

  /** What was stored before a restart or takeover. */
  adopt(level: RateLevelRecord): void {
    this.#levels.set(level.target, level)
  }

  holdOf(task: AdmissionFacts, now: EpochMs): Hold | undefined {
    let hold: Hold | undefined
    let longestMs = 0
    for (const [target, rate] of this.#ratesOf(task)) {
      const retryInMs = waitForToken(rate, this.#levels.get(target), now)
      if (retryInMs <= longestMs) continue
      longestMs = retryInMs
      hold = { code: 'rate_limit', target, retryInMs }
    }
    return hold
  }

  start(task: AdmissionFacts, now: EpochMs): void {
    const targets: string[] = []
    for (const [target, rate] of this.#ratesOf(task)) {
      this.#levels.set(target, { target, ...takeToken(rate, this.#levels.get(target), now) })
      targets.push(target)
    }
    if (targets.length > 0) this.#taken.set(task.taskId, targets)
    if (this.#levels.size > this.#sweepAt) this.#sweep(now)
  }

  cancel(taskId: TaskId, now: EpochMs): void {
    for (const target of this.#taken.get(taskId) ?? []) {
      const level = this.#levels.get(target)
      const rate = this.#controls.rateOf(target)
      if (level !== undefined && rate !== undefined)
        this.#levels.set(target, { target, ...giveBackToken(rate, level, now) })
    }
    this.#taken.delete(taskId)
  }

  /** Its tokens are spent. */
  end(taskId: TaskId): void {
    this.#taken.delete(taskId)
  }

  /** The levels that the assignment changes, to be stored with it. */
  levelsOf(taskId: TaskId): readonly RateLevelRecord[] {
    return (this.#taken.get(taskId) ?? []).flatMap((target) => this.#levels.get(target) ?? [])
  }

  /** Whether a stored level says no more than that the bucket is full, or has no limit any more. */
  isWorthless(level: RateLevelRecord, now: EpochMs): boolean {
    const rate = this.#controls.rateOf(level.target)
    return rate === undefined || isFull(rate, level, now)
  }

  #ratesOf(task: AdmissionFacts): readonly (readonly [string, RateLimit])[] {
    return this.#controls
      .of(task)
      .flatMap(({ id, control }) => (control.rate === undefined ? [] : [[id, control.rate] as const]))
  }

  #sweep(now: EpochMs): void {
    for (const level of this.#levels.values())
      if (this.isWorthless(level, now)) this.#levels.delete(level.target)
    this.#sweepAt = Math.max(SWEEP_AT, 2 * this.#levels.size)
  }
}
