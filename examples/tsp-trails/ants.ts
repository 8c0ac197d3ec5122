/** Uniform numbers from 0 up to and without 1. */
export interface Random {
  next(): number
}

/** What ants know of the world beside the trails. */
export interface Cities {
  readonly distances: readonly (readonly number[])[]
  /** Of each city all others, nearest first. */
  readonly nearest: readonly (readonly number[])[]
  /** Of each pair (1 / d)², by {@link pairOf}. */
  readonly visibility: Float64Array
}

/** Choices at each step: the nearest cities that are not visited yet. */
const CHOICES = 20

export function citiesOf(distances: readonly (readonly number[])[]): Cities {
  const count = distances.length
  const visibility = new Float64Array(count * count)
  for (const [from, row] of distances.entries())
    for (const [to, distance] of row.entries()) visibility[from * count + to] = 1 / Math.max(1, distance) ** 2
  const nearest = distances.map((row, city) =>
    row
      .map((_, other) => other)
      .filter((other) => other !== city)
      .toSorted((a, b) => (row[a] ?? 0) - (row[b] ?? 0)),
  )
  return { distances, nearest, visibility }
}

/**
 * One tour, step by step: each next city is drawn among the 20 nearest that are left, with probability ∝ trail × (1/d)².
 * No local search, no greedy choice.
 *
 * @param trails of each pair of cities, `from × count + to`
 */
export function buildTour(cities: Cities, trails: Float64Array, start: number, random: Random): number[] {
  const count = cities.distances.length
  const visited = new Uint8Array(count)
  const options = new Int32Array(CHOICES)
  const weights = new Float64Array(CHOICES)
  const tour = [start]
  visited[start] = 1
  for (let city = start; tour.length < count; ) {
    let found = 0
    let sum = 0
    for (const next of cities.nearest[city] ?? []) {
      if (visited[next] === 1) continue
      const weight = (trails[city * count + next] ?? 0) * (cities.visibility[city * count + next] ?? 0)
      options[found] = next
      weights[found] = weight
      sum += weight
      found += 1
      if (found === CHOICES) break
    }
    let rest = random.next() * sum
    let drawn = 0
    while (drawn < found - 1 && rest >= (weights[drawn] ?? 0)) {
      rest -= weights[drawn] ?? 0
      drawn += 1
    }
    city = options[drawn] ?? 0
    visited[city] = 1
    tour.push(city)
  }
  return tour
}

export function lengthOf({ distances }: Cities, tour: readonly number[]): number {
  return tour.reduce((sum, city, place) => {
    const next = tour[(place + 1) % tour.length] ?? 0
    return sum + (distances[city]?.[next] ?? 0)
  }, 0)
}
