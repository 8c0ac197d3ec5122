import type { TrailSetCreate } from '#contract/index.ts'
import type { Random } from '#domain/ports/random.ts'
import { buildTour, type Cities, lengthOf } from '../../examples/tsp-trails/ants.ts'

/** The trails as the client of a server sees them: nothing but reads and deposits. */
export interface TrailAccess {
  create(set: TrailSetCreate): Promise<unknown>
  read(trailSet: string, edges: readonly string[]): Promise<readonly number[]>
  deposit(trailSet: string, deposits: readonly { edge: string; amount: number }[]): Promise<unknown>
}

export interface ColonyOptions {
  readonly trailSet: string
  readonly iterations: number
  /** False: ants only follow what is there. */
  readonly doesDeposit: boolean
}

/** Fraction of every trail that evaporates with each iteration. */
const EVAPORATION = 0.02
/** Probability that a converged colony builds its best tour; sets the lower limit of the trails. */
const BEST_AGAIN = 0.05
/** Every so many iterations the best tour of all is strengthened in place of the best of the iteration. */
const BEST_OF_ALL_EVERY = 3

/**
 * A MAX-MIN ant system without local search (Stützle & Hoos 2000): one ant for each city and iteration, the best tour is
 * strengthened. Trails are scaled so that their upper limit is 1: with the best tour of length L the paper's is
 * 1 / (evaporation × L).
 *
 * @returns the length of the best tour
 */
export async function runColony(
  { trailSet, iterations, doesDeposit }: ColonyOptions,
  cities: Cities,
  trails: TrailAccess,
  random: Random,
): Promise<number> {
  const count = cities.distances.length
  const again = BEST_AGAIN ** (1 / count)
  const min = (1 - again) / ((count / 2 - 1) * again)
  await trails.create({
    trailSet,
    evaporation: { unit: 'deposits', rate: EVAPORATION },
    min,
    max: 1,
    initial: 1,
  })
  const edges = edgesOf(count)
  const levels = new Float64Array(count * count).fill(1)
  let best: { readonly tour: readonly number[]; readonly length: number } | undefined
  for (let iteration = 1; iteration <= iterations; iteration += 1) {
    if (doesDeposit && iteration > 1) spread(levels, count, await trails.read(trailSet, edges))
    let bestHere: typeof best
    for (let ant = 0; ant < count; ant += 1) {
      const tour = buildTour(cities, levels, ant, random)
      const length = lengthOf(cities, tour)
      if (bestHere === undefined || length < bestHere.length) bestHere = { tour, length }
    }
    if (bestHere === undefined) break
    if (best === undefined || bestHere.length < best.length) best = bestHere
    if (!doesDeposit) continue
    const { tour, length } = iteration % BEST_OF_ALL_EVERY === 0 ? best : bestHere
    const amount = (EVAPORATION * best.length) / length
    await trails.deposit(
      trailSet,
      tour.map((city, place) => ({ edge: edgeOf(city, tour[(place + 1) % count] ?? 0), amount })),
    )
  }
  return best?.length ?? Number.NaN
}

function edgeOf(a: number, b: number): string {
  return a < b ? `${a}-${b}` : `${b}-${a}`
}

function edgesOf(count: number): string[] {
  return Array.from({ length: count }, (_, a) => a).flatMap((a) =>
    Array.from({ length: count - a - 1 }, (_, index) => edgeOf(a, a + 1 + index)),
  )
}

/** The levels in the order of {@link edgesOf}, both ways. */
function spread(levels: Float64Array, count: number, read: readonly number[]): void {
  let place = 0
  for (let a = 0; a < count; a += 1) {
    for (let b = a + 1; b < count; b += 1) {
      const level = read[place] ?? 0
      levels[a * count + b] = level
      levels[b * count + a] = level
      place += 1
    }
  }
}
