import type { Electorate } from '../electorate.ts'

/** The paper's 2f+1 in weights: more than two thirds. ⌈2W/3⌉ would be one too few whenever 3 divides W. */
export function isQuorum(weight: number, totalWeight: number): boolean {
  return 3 * weight > 2 * totalWeight
}

/** The paper's f: the most weight that may lie, always less than a third. Nothing may for W = 1, 2 and 3. */
export function faultWeightMax(totalWeight: number): number {
  return Math.floor((totalWeight - 1) / 3)
}

/** The paper's f+1: enough weight that some of it is honest. */
export function includesHonest(weight: number, totalWeight: number): boolean {
  return weight > faultWeightMax(totalWeight)
}

/** How many voters may lie, whichever they are: the heaviest ones count first. */
export function faultyVotersMax({ voters, totalWeight }: Electorate): number {
  const heaviestFirst = voters.map(({ weight }) => weight).toSorted((a, b) => b - a)
  let [count, sum] = [0, 0]
  for (const weight of heaviestFirst) {
    sum += weight
    if (sum > faultWeightMax(totalWeight)) break
    count += 1
  }
  return count
}
