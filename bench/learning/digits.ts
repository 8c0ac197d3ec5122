import type { Sample } from '../../examples/federated-digits/softmax.ts'
import { linesOf } from '../data/data-set.ts'

export const DIGITS_FILE = 'digits/optdigits_train.csv.gz'
export const CLASS_COUNT = 10
const TRAIN_COUNT = 3_000

export interface Digits {
  readonly train: readonly Sample[]
  readonly test: readonly Sample[]
}

/** 64 pixels of 0 to 16 each, divided by 16. Rows 1 to 3 000 are for training, the rest is for testing. */
export function readDigits(): Digits {
  const samples = linesOf(DIGITS_FILE).map((line): Sample => {
    const numbers = line.split(',').map(Number)
    return {
      inputs: Float64Array.from(numbers.slice(0, -1), (pixel) => pixel / 16),
      label: numbers.at(-1) ?? 0,
    }
  })
  return { train: samples.slice(0, TRAIN_COUNT), test: samples.slice(TRAIN_COUNT) }
}
