export interface DurationQuantiles {
  readonly p50Ms: number
  readonly p90Ms: number
  readonly maxMs: number
}

/** By nearest rank; all 0 where there is nothing. */
export function quantiles(durationsMs: readonly number[]): DurationQuantiles {
  const sorted = durationsMs.toSorted((a, b) => a - b)
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
  return { p50Ms: at(0.5), p90Ms: at(0.9), maxMs: at(1) }
}
