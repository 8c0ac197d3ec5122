/**
 * Krum and multi-Krum after Blanchard et al., "Machine Learning with Adversaries: Byzantine Tolerant Gradient Descent"
 * (2017), section 3: the score of a vector is the sum of its squared distances to its n − f − 2 nearest others, and the
 * vectors with the lowest scores are chosen.
 *
 * @param byzantineMax f, with n > 2f + 2
 * @param selectedCount m; 1 is Krum
 * @returns the places of the chosen vectors, best first; of equal scores the one that stands first
 */
export function krumSelection(
  vectors: readonly Float64Array[],
  byzantineMax: number,
  selectedCount: number,
): readonly number[] {
  const distances = new SquaredDistances(vectors.length)
  distances.add(vectors)
  return lowestScores(distances.scores(byzantineMax), selectedCount)
}

/** Squared Euclidean distances between n vectors, which may come in parts: each part adds its coordinates. */
export class SquaredDistances {
  readonly #count: number
  readonly #rows: readonly Float64Array[]

  constructor(count: number) {
    this.#count = count
    this.#rows = Array.from({ length: count }, () => new Float64Array(count))
  }

  add(parts: readonly Float64Array[]): void {
    for (let first = 0; first < this.#count; first++) {
      for (let second = first + 1; second < this.#count; second++) {
        const distance = squaredDistance(parts[first], parts[second])
        this.#addTo(first, second, distance)
        this.#addTo(second, first, distance)
      }
    }
  }

  /** For each vector the sum over its n − f − 2 nearest others. */
  scores(byzantineMax: number): readonly number[] {
    const nearest = this.#count - byzantineMax - 2
    return this.#rows.map((row, own) => {
      const others = row.filter((_, other) => other !== own).toSorted()
      return others.subarray(0, nearest).reduce((sum, distance) => sum + distance, 0)
    })
  }

  #addTo(from: number, to: number, distance: number): void {
    const row = this.#rows[from]
    if (row !== undefined) row[to] = (row[to] ?? 0) + distance
  }
}

/** The places of the `count` lowest scores, lowest first; of equal ones the first. */
export function lowestScores(scores: readonly number[], count: number): readonly number[] {
  const places = scores.map((_, place) => place)
  return places.toSorted((a, b) => compareScores(scores[a] ?? 0, scores[b] ?? 0) || a - b).slice(0, count)
}

/** Scores of very large entries may both be infinite, and their difference is then not a number. */
function compareScores(a: number, b: number): number {
  return a === b ? 0 : a - b
}

function squaredDistance(a: Float64Array | undefined, b: Float64Array | undefined): number {
  if (a === undefined || b === undefined) return Number.POSITIVE_INFINITY
  let sum = 0
  for (let index = 0; index < a.length; index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0)
    sum += difference * difference
  }
  return sum
}
