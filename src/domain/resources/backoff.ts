import type { Backoff } from '../model/task-record.ts'

/**
 * The wait before the attempt after `attempt` (1 for the first), in whole milliseconds. `draw` is uniform in [0, 1).
 *
 * Exponential with equal jitter: half fixed, half drawn, so that tasks which failed together do not come back
 * together and none comes back at once (Brooker, "Exponential Backoff and Jitter", 2015).
 */
export function backoffMs({ baseMs, factor, maxMs }: Backoff, attempt: number, draw: number): number {
  // After many attempts the power is infinite, and 0 times that is no number.
  const full = baseMs === 0 ? 0 : Math.min(maxMs, baseMs * factor ** Math.max(0, attempt - 1))
  return Math.round(full / 2 + (full / 2) * draw)
}
