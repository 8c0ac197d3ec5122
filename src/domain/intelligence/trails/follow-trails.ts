import type { Random } from '../../ports/random.ts'

export interface FollowRule {
  /** Weight of the trail, 0 to 20; 1 is usual. */
  readonly alpha: number
  /** Weight of the heuristic, 0 to 20; 0 leaves it out. */
  readonly beta: number
}

export interface TrailOption {
  /** 0 or more. */
  readonly level: number
  /** What speaks for the option beside the trail, for instance 1 / distance; 0 or more. */
  readonly heuristic: number
}

/**
 * The probability of each option: level^alpha * heuristic^beta over the sum of all (Dorigo, Maniezzo & Colorni, "Ant
 * System", 1996, equation 4). Where no option has any weight, all are equally probable.
 */
export function followProbabilities(options: readonly TrailOption[], { alpha, beta }: FollowRule): number[] {
  // In logarithms: 1e6^20 * 1e9^20 is beyond what a number holds.
  const logs = options.map(({ level, heuristic }) => power(level, alpha) + power(heuristic, beta))
  const highest = logs.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  if (highest === Number.NEGATIVE_INFINITY) return options.map(() => 1 / options.length)
  const weights = logs.map((log) => Math.exp(log - highest))
  return sharesOf(weights)
}

/** The index of one option, drawn by its probability; undefined where there are none. */
export function drawOption(probabilities: readonly number[], random: Random): number | undefined {
  let rest = random.next()
  let last: number | undefined
  for (const [index, probability] of probabilities.entries()) {
    if (probability <= 0) continue
    last = index
    rest -= probability
    if (rest < 0) return index
  }
  // Rounding may leave a rest at the end of the last option.
  return last
}

/** The indexes of up to `countMax` different options, each drawn among those that are left. */
export function drawOptions(
  options: readonly TrailOption[],
  { countMax, ...rule }: FollowRule & { readonly countMax: number },
  random: Random,
): number[] {
  const probabilities = followProbabilities(options, rule)
  const left = options.map((_, index) => index)
  const drawn: number[] = []
  while (drawn.length < countMax) {
    const place = drawOption(sharesOf(left.map((index) => probabilities[index] ?? 0)), random)
    if (place === undefined) break
    drawn.push(...left.splice(place, 1))
  }
  return drawn
}

/** Weights as shares of their sum; equal shares where no weight is left. */
function sharesOf(weights: readonly number[]): number[] {
  const sum = weights.reduce((a, b) => a + b, 0)
  return weights.map((weight) => (sum > 0 ? weight / sum : 1 / weights.length))
}

function power(base: number, exponent: number): number {
  if (exponent === 0) return 0
  return base > 0 ? exponent * Math.log(base) : Number.NEGATIVE_INFINITY
}
