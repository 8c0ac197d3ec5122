import type { DurationCounts, TaskTotals, TaskTypeReport } from './monitor-report.ts'

/** Upper bounds of the buckets; durations above the last are in `count` alone. */
export const DURATION_BOUNDS_MS: readonly number[] = [
  10, 50, 100, 500, 1_000, 5_000, 10_000, 30_000, 60_000, 300_000, 1_800_000, 3_600_000,
]

type MutableTotals = { -readonly [K in keyof TaskTotals]: number }

export function noTotals(): MutableTotals {
  return { submitted: 0, completed: 0, failed: 0, canceled: 0, rejected: 0, retried: 0, expired: 0 }
}

/** Counts of durations that only grow, for a program that computes quantiles over a time of its choice. */
class GrowingCounts {
  readonly #counts = DURATION_BOUNDS_MS.map(() => 0)
  #count = 0
  #sumMs = 0

  record(durationMs: number): void {
    const index = DURATION_BOUNDS_MS.findIndex((bound) => durationMs <= bound)
    if (index !== -1) this.#counts[index] = (this.#counts[index] ?? 0) + 1
    this.#count += 1
    this.#sumMs += durationMs
  }

  report(): DurationCounts {
    return { counts: [...this.#counts], count: this.#count, sumMs: this.#sumMs }
  }
}

/** What became of the tasks of one type. */
export class TaskTypeUsage {
  readonly totals = noTotals()
  readonly wait = new GrowingCounts()
  readonly run = new GrowingCounts()

  report(taskType: string): TaskTypeReport {
    return { taskType, totals: { ...this.totals }, wait: this.wait.report(), run: this.run.report() }
  }
}
