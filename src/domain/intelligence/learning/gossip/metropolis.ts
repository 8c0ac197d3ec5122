import type { AgentId } from '../../../model/ids.ts'

/** The members of a topology and whom each may talk to; symmetric. */
export type NeighboursOf = ReadonlyMap<AgentId, readonly AgentId[]>

/**
 * The weight with which one member counts the value of a neighbour: 1 / (1 + max(dᵢ, dⱼ)). What is left of 1 is the
 * weight of its own value. Metropolis–Hastings weights after Xiao, Boyd and Lall, "A Scheme for Robust Distributed
 * Sensor Fusion Based on Average Consensus" (2005), equation 6 with self-weight: the matrix is doubly stochastic, so
 * that the mean of all values never changes, and each member needs to know its neighbours' degrees only.
 *
 * @param ownDegree number of neighbours of the one, 1 or more
 * @param otherDegree number of neighbours of the other, 1 or more
 */
export function metropolisWeight(ownDegree: number, otherDegree: number): number {
  return 1 / (1 + Math.max(ownDegree, otherDegree))
}

/**
 * The value of one member after a synchronous round: xᵢ + Σ wᵢⱼ·(xⱼ − xᵢ) over its neighbours.
 *
 * @param neighbours value and degree of each neighbour
 */
export function gossipStep(
  own: Float64Array,
  neighbours: readonly { readonly vector: Float64Array; readonly degree: number }[],
): Float64Array {
  const next = Float64Array.from(own)
  for (const { vector, degree } of neighbours) {
    const weight = metropolisWeight(neighbours.length, degree)
    for (let index = 0; index < next.length; index++)
      next[index] = entry(next, index) + weight * (entry(vector, index) - entry(own, index))
  }
  return next
}

/** One synchronous round of all members: everybody sends to all its neighbours, then everybody takes its step. */
export function gossipRound(
  values: ReadonlyMap<AgentId, Float64Array>,
  neighboursOf: NeighboursOf,
): ReadonlyMap<AgentId, Float64Array> {
  return new Map(
    [...values].map(([member, own]) => {
      const neighbours = (neighboursOf.get(member) ?? []).flatMap((neighbour) => {
        const vector = values.get(neighbour)
        return vector === undefined ? [] : [{ vector, degree: neighboursOf.get(neighbour)?.length ?? 0 }]
      })
      return [member, gossipStep(own, neighbours)]
    }),
  )
}

/** Messages of one round: one for each directed edge. */
export function messagesOfRound(neighboursOf: NeighboursOf): number {
  let count = 0
  for (const neighbours of neighboursOf.values()) count += neighbours.length
  return count
}

function entry(vector: Float64Array, index: number): number {
  return vector[index] ?? 0
}
