/**
 * Σ wᵢ·xᵢ / Σ wᵢ for each coordinate: the server's step of FederatedAveraging, Algorithm 1 of McMahan et al.,
 * "Communication-Efficient Learning of Deep Networks from Decentralized Data" (2017).
 *
 * @param weights above 0, one for each vector
 */
export function weightedMean(vectors: readonly Float64Array[], weights: readonly number[]): Float64Array {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const mean = new Float64Array(vectors[0]?.length ?? 0)
  for (const [client, vector] of vectors.entries()) {
    // Shares are taken before the sum, so that large weights times large entries do not overflow.
    const share = (weights[client] ?? 0) / total
    for (let index = 0; index < mean.length; index++)
      mean[index] = entry(mean, index) + share * entry(vector, index)
  }
  return mean
}

function entry(vector: Float64Array, index: number): number {
  return vector[index] ?? 0
}
