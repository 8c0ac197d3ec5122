import { type EpochMs, type SwarmEpoch, swarmEpoch } from '#domain/model/ids.ts'

const START_OF_2026_MS = Date.UTC(2026, 0, 1)

/**
 * The epoch of a new claim: one more than the newest known, or the whole seconds since 2026 where that is more. The
 * seconds make up for an epoch that was given and then lost with the store's tail.
 */
export function newestEpochAfter(stored: number, now: EpochMs): SwarmEpoch {
  return swarmEpoch(Math.max(stored + 1, Math.floor((now - START_OF_2026_MS) / 1_000)))
}
