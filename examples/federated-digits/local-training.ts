import { CLASS_COUNT, randomFrom, readDigits, shardOf } from './data.ts'
import { train } from './softmax.ts'

export const AGENT_COUNT = 10
/** Agents that send the opposite of what they trained. */
export const LIARS: readonly number[] = [0, 5]

export interface Trained {
  readonly numbers: Float64Array
  readonly sampleCount: number
}

/** What one of the agents sends in a round: the same for the same agent, round and model. */
export function trainLocally(agent: number, version: number, model: Float64Array, epochs: number): Trained {
  const samples = shardOf(readDigits().train, agent, AGENT_COUNT)
  const random = randomFrom(1_000 * version + agent)
  const own = train(model, samples, { classCount: CLASS_COUNT, epochs, batchSize: 10, stepSize: 0.1, random })
  const lies = LIARS.includes(agent)
  const numbers = lies ? own.map((weight, index) => flipped(weight, model[index] ?? 0)) : own
  return { numbers, sampleCount: samples.length }
}

function flipped(own: number, before: number): number {
  return before - 4 * (own - before)
}
