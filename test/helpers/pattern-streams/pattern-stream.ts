import type { Observation } from '#domain/intelligence/patterns/observation.ts'
import type { SeededRandom } from '#simulation/seeded-random.ts'

export interface StreamStep {
  readonly observations: readonly Observation[]
  /** How far the step goes in the unit of the detector's window: assignments, tasks, events, seconds, proposals, ties. */
  readonly units: number
}

/** A stream that has the planted effect or only looks like it. */
export interface PatternStream {
  /** @param hasEffect whether the planted effect is on in this step */
  step(hasEffect: boolean): StreamStep
}

/** What a check may shift without changing whether there is an effect. */
export interface StreamShift {
  readonly agents: number
  /** Factor on all rates; 1 as specified. */
  readonly rate: number
  /** Of periods, as a share to either side; 0.05 where left out. */
  readonly periodSpread?: number
}

/** Numbers the events of one stream. */
export class Sequence {
  #last = 0

  next(): number {
    this.#last += 1
    return this.#last
  }
}

export function agentName(index: number): string {
  return `agent-${index}`
}

export function exponential(random: SeededRandom, mean: number): number {
  return -mean * Math.log(1 - random.next())
}

export function pickWeighted(random: SeededRandom, weights: readonly number[]): number {
  let total = 0
  for (const weight of weights) total += weight
  let rest = random.next() * total
  for (const [index, weight] of weights.entries()) {
    rest -= weight
    if (rest < 0) return index
  }
  return weights.length - 1
}
