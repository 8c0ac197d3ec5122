import type { EpochMs } from '#domain/model/ids.ts'

let latestAt: EpochMs | undefined
let latestText = ''

/** RFC 3339, UTC, milliseconds. */
export function wireTime(at: EpochMs): string {
  // The times of one batch are mostly the same, and writing one costs more than all else in a view.
  if (at !== latestAt) {
    latestText = new Date(at).toISOString()
    latestAt = at
  }
  return latestText
}
