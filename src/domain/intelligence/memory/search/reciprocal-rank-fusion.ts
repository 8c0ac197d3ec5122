/** Cormack, Clarke, Büttcher, "Reciprocal Rank Fusion outperforms Condorcet" (2009), where 60 was found to do well. */
const RANK_OFFSET = 60

/** The score of each item over several rankings, best first: the sum of 1 / (60 + rank), with ranks from 1. */
export function fuseRankings<T>(rankings: readonly (readonly T[])[]): ReadonlyMap<T, number> {
  const scores = new Map<T, number>()
  for (const ranking of rankings) {
    for (const [index, item] of ranking.entries())
      scores.set(item, (scores.get(item) ?? 0) + 1 / (RANK_OFFSET + index + 1))
  }
  return new Map([...scores].toSorted((a, b) => b[1] - a[1]))
}
