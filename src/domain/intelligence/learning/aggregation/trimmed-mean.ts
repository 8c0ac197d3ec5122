import { eachCoordinate } from './each-coordinate.ts'

/**
 * The mean of each coordinate without its `trimCount` lowest and `trimCount` highest values. Definition 2 of Yin et al.,
 * "Byzantine-Robust Distributed Learning: Towards Optimal Statistical Rates" (2018), with β = trimCount / n.
 *
 * @param trimCount 0 or more, less than half of the vectors
 */
export function trimmedMean(vectors: readonly Float64Array[], trimCount: number): Float64Array {
  const end = vectors.length - trimCount
  const kept = end - trimCount
  return eachCoordinate(vectors, (sorted) => {
    let mean = 0
    for (let rank = trimCount; rank < end; rank++) mean += (sorted[rank] ?? 0) / kept
    return mean
  })
}
