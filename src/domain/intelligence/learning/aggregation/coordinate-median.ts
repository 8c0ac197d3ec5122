import { eachCoordinate } from './each-coordinate.ts'

/**
 * The median of each coordinate; of an even number of values the mean of the two in the middle. Definition 1 of Yin et
 * al., "Byzantine-Robust Distributed Learning: Towards Optimal Statistical Rates" (2018).
 */
export function coordinateMedian(vectors: readonly Float64Array[]): Float64Array {
  const upper = Math.floor(vectors.length / 2)
  const lower = Math.floor((vectors.length - 1) / 2)
  // Halves are added, so that two values near the largest number do not overflow.
  return eachCoordinate(vectors, (sorted) => (sorted[lower] ?? 0) / 2 + (sorted[upper] ?? 0) / 2)
}
