import { readFileSync } from 'node:fs'
import type { Sample } from './softmax.ts'

export const CLASS_COUNT = 10
export const INPUT_COUNT = 64
const TRAIN_COUNT = 1_000
const TEST_COUNT = 400

export interface Digits {
  readonly train: readonly Sample[]
  readonly test: readonly Sample[]
}

/**
 * Digits of 8 × 8 pixels: those of a file in the format of UCI's optdigits, or such as a generator makes up. Every process
 * makes the same ones.
 */
export function readDigits(file = process.env['DIGITS_CSV']): Digits {
  const samples = file === undefined ? madeUp() : fromFile(file)
  return { train: samples.slice(0, -TEST_COUNT), test: samples.slice(-TEST_COUNT) }
}

/** The skewed shard of one of ten agents: more samples of two digits than of the others. */
export function shardOf(samples: readonly Sample[], agent: number, agentCount: number): readonly Sample[] {
  const random = randomFrom(agent + 1)
  const own = samples.filter(
    ({ label }) => label === agent % CLASS_COUNT || label === (agent + 1) % CLASS_COUNT,
  )
  const others = samples.filter((_, index) => Math.floor(index / CLASS_COUNT) % agentCount === agent)
  return [...own.filter(() => random() < 0.2), ...others]
}

/** Uniform in [0, 1), the same for the same seed: Mulberry32. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

function fromFile(file: string): readonly Sample[] {
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
  return lines.map((line) => {
    const numbers = line.split(',').map(Number)
    return {
      inputs: Float64Array.from(numbers.slice(0, -1), (pixel) => pixel / 16),
      label: numbers.at(-1) ?? 0,
    }
  })
}

/** A random picture for each digit, and samples with noise. */
function madeUp(): readonly Sample[] {
  const random = randomFrom(7)
  const pictures = Array.from({ length: CLASS_COUNT }, () => Array.from({ length: INPUT_COUNT }, random))
  return Array.from({ length: TRAIN_COUNT + TEST_COUNT }, (_, index) => {
    const label = index % CLASS_COUNT
    const inputs = Float64Array.from(pictures[label] ?? [], (pixel) => 0.5 * pixel + 0.5 * random())
    return { inputs, label }
  })
}
