import { faultWeightMax } from '#domain/consensus/bft/quorum.ts'
import type { SeededRandom } from '#simulation/seeded-random.ts'
import { BEHAVIOURS, type Behaviour } from './byzantine-voter.ts'
import type { HonestOptions } from './honest-voter.ts'
import type { NetworkFaults } from './hostile-network.ts'

export interface Scenario {
  readonly weights: readonly number[]
  readonly faults: NetworkFaults
  /** By the voter's place; everybody else is honest. */
  readonly liars: ReadonlyMap<number, Behaviour>
  readonly honest: ReadonlyMap<number, HonestOptions>
}

const ELECTORATES: readonly (readonly number[])[] = [
  [1],
  [1, 1],
  [1, 1, 1],
  [1, 1, 1, 1],
  [1, 1, 1, 1],
  [1, 1, 1, 1],
  [3, 2, 2],
  [2, 2, 2, 1],
  [3, 2, 2, 1, 1, 1],
  [1, 1, 1, 1, 1],
  [1, 1, 1, 1, 1, 1, 1],
  [4, 3, 3, 2, 2, 1, 1],
]
/** Now and then a large one: it costs as much as a hundred small ones. */
const LARGE_ELECTORATES: readonly number[] = [10, 10, 10, 25]
const LARGE_RATIO = 0.03

export function randomScenario(random: SeededRandom): Scenario {
  return random.next() < 0.4 ? hiddenDecision(random) : anything(random)
}

/** Any electorate, any liars within a third of the weight, any network. */
function anything(random: SeededRandom): Scenario {
  const weights =
    random.next() < LARGE_RATIO
      ? Array.from({ length: random.pick(LARGE_ELECTORATES) }, () => 1)
      : random.pick(ELECTORATES)
  const totalWeight = weights.reduce((sum, weight) => sum + weight, 0)
  const liars = chooseLiars(random, weights, random.next() < 0.2 ? 0 : faultWeightMax(totalWeight))
  const faults: NetworkFaults = {
    dropRatio: random.pick([0, 0.1, 0.3, 0.6]),
    duplicateRatio: random.pick([0, 0.2]),
    delayMsMax: random.pick([5, 50, 300, 1_000]),
    partitionEveryMs: random.pick([0, 100, 500]),
    oneWayCuts: random.pick([0, 0, 2, 6]),
    replayRatio: random.pick([0, 0.1]),
    calmAtMs: random.pick([0, 1_000, 3_000]),
  }
  const [approval, silence] = [random.pick([0.1, 0.5, 0.9, 1]), random.pick([0, 0, 0.3, 0.6])]
  const isCancelled = random.next() < 0.1
  const honest = honestOptions(weights, liars, (at) => ({
    at,
    choice: random.next() < silence ? null : randomChoice(random, approval),
    thinkMs: random.next() * 400,
    cancelledAtMs: isCancelled ? random.next() * 800 : null,
    crashRatio: random.pick([0, 0, 0.05, 0.2]),
  }))
  return { weights, faults, liars, honest }
}

/**
 * The attack that locks are there for: liar and hub together let one voter decide, hide that from the others, and
 * nominate something else to them in a later round.
 */
function hiddenDecision(random: SeededRandom): Scenario {
  const weights = [1, 1, 1, 1]
  const liarAt = random.pick([1, 1, 2, 3])
  const others = weights.map((_, at) => at).filter((at) => at !== liarAt)
  const hushedAt = random.pick(others)
  const blindAt = random.pick(others.filter((at) => at !== hushedAt))
  const faults: NetworkFaults = {
    dropRatio: 0,
    hushedAt,
    ...(random.next() < 0.5 ? { blindAt } : {}),
    duplicateRatio: 0,
    delayMsMax: random.pick([5, 20]),
    partitionEveryMs: 0,
    oneWayCuts: 0,
    replayRatio: 0,
    calmAtMs: 6_000,
  }
  const liars = new Map<number, Behaviour>([[liarAt, 'amnesia']])
  const honest = honestOptions(weights, liars, (at) => ({
    at,
    choice: 'approve',
    thinkMs: random.next() * 50,
    cancelledAtMs: null,
    crashRatio: at === hushedAt ? 0 : random.pick([0, 0.2]),
  }))
  return { weights, faults, liars, honest }
}

function chooseLiars(
  random: SeededRandom,
  weights: readonly number[],
  weightMax: number,
): ReadonlyMap<number, Behaviour> {
  const behaviours = random.next() < 0.5 ? BEHAVIOURS : [random.pick(BEHAVIOURS)]
  const liars = new Map<number, Behaviour>()
  let left = weightMax
  for (let tries = 0; tries < 2 * weights.length && left > 0; tries += 1) {
    const at = random.integer(weights.length)
    const weight = weights[at] ?? left + 1
    if (weight > left || liars.has(at)) continue
    liars.set(at, random.pick(behaviours))
    left -= weight
  }
  return liars
}

function honestOptions(
  weights: readonly number[],
  liars: ReadonlyMap<number, Behaviour>,
  optionsOf: (at: number) => HonestOptions,
): ReadonlyMap<number, HonestOptions> {
  const places = weights.map((_, at) => at).filter((at) => !liars.has(at))
  return new Map(places.map((at) => [at, optionsOf(at)]))
}

function randomChoice(random: SeededRandom, approval: number): string {
  if (random.next() < approval) return 'approve'
  return random.next() < 0.7 ? 'reject' : 'abstain'
}
