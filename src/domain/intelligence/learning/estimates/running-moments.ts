/** Count, mean and spread of numbers; with forgetting, of the newer ones more than of the older ones. */
export interface Moments {
  /** Weight of what was seen: the count, where nothing was forgotten. */
  readonly weight: number
  readonly mean: number
  /** Σ weight · (value − mean)². */
  readonly squares: number
}

export const NO_MOMENTS: Moments = { weight: 0, mean: 0, squares: 0 }

/**
 * Welford's update (1962), with exponential forgetting.
 *
 * @param keep what part of the weight of everything before is kept, above 0, at most 1
 */
export function addTo({ weight, mean, squares }: Moments, value: number, keep: number): Moments {
  const kept = weight * keep
  const total = kept + 1
  const delta = value - mean
  const nextMean = mean + delta / total
  return { weight: total, mean: nextMean, squares: squares * keep + delta * (value - nextMean) }
}

/** Sample standard deviation; 0 for fewer than two. */
export function deviationOfMoments({ weight, squares }: Moments): number {
  return weight > 1 ? Math.sqrt(squares / (weight - 1)) : 0
}
