import type { MonotonicMs } from '#domain/ids.ts'

/** How much the clocks of two machines may drift apart, as a part of the time that passes. */
const DRIFT_RATIO = 0.001

interface Sample {
  /** Time of Redis less the monotonic clock of this node. */
  readonly offsetMs: number
  /** How far the offset may be from the truth. */
  readonly errorMs: number
  readonly takenAt: MonotonicMs
}

/**
 * The clock of Redis, as this node estimates it: the one clock that all nodes can read.
 *
 * An answer of Redis tells its time within half of the round trip. The best sample is kept until its drift makes it
 * worse than a new one.
 */
export class RedisTime {
  #sample: Sample | undefined
  #runId: string | undefined

  /** Takes in the time that Redis answered to a question asked at `sentAt`. */
  note(redisMs: number, sentAt: MonotonicMs, receivedAt: MonotonicMs): void {
    const errorMs = (receivedAt - sentAt) / 2
    const isBetter = this.#sample === undefined || errorMs <= errorAt(this.#sample, receivedAt)
    if (isBetter) this.#sample = { offsetMs: redisMs - (sentAt + errorMs), errorMs, takenAt: receivedAt }
  }

  /** Undefined before the first answer. */
  at(monotonic: MonotonicMs): number | undefined {
    return this.#sample === undefined ? undefined : monotonic + this.#sample.offsetMs
  }

  /** Another run of Redis may be on another machine, with another clock. */
  in(runId: string): void {
    if (this.#runId !== runId) this.#sample = undefined
    this.#runId = runId
  }
}

function errorAt({ errorMs, takenAt }: Sample, now: MonotonicMs): number {
  return errorMs + (now - takenAt) * DRIFT_RATIO
}
