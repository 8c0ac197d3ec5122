import type { EpochMs } from './ids.ts'

/** How the numbers of a model are written: little-endian IEEE 754. */
export type NumberFormat = 'float32' | 'float64'

/** Asks an agent to train a model in a learning round. */
export interface TrainingNotice {
  readonly roundId: string
  readonly model: string
  /** The version to start from. */
  readonly baseVersion: number
  readonly format: NumberFormat
  /** Dimensions of the model; their product is the number of numbers. */
  readonly shape: readonly number[]
  /** What to train with, by name. */
  readonly parameters: Readonly<Record<string, number>>
  /** The round takes no update after this time. */
  readonly deadlineAt: EpochMs
}
