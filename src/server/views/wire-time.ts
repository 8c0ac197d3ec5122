import type { EpochMs } from '#domain/ids.ts'

/** RFC 3339, UTC, milliseconds. */
export function wireTime(at: EpochMs): string {
  return new Date(at).toISOString()
}
