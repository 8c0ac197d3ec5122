import { type AggregatorSettings, aggregate } from '#domain/intelligence/learning/aggregation/aggregator.ts'
import type { ClientUpdate } from '#domain/intelligence/learning/aggregation/client-update.ts'
import type { SeededRandom } from '#simulation/seeded-random.ts'
import { emptyModel, type Sample, train } from '../../examples/federated-digits/softmax.ts'
import { CLASS_COUNT } from './digits.ts'

export const TRAINING = { classCount: CLASS_COUNT, batchSize: 10, stepSize: 0.1 }
export const LOCAL_EPOCHS = 5

/** What some of the clients send instead of what they trained. */
export type Attack = (context: {
  /** The model of the round. */
  readonly model: Float64Array
  /** What this client trained. */
  readonly own: Float64Array
  readonly honest: readonly Float64Array[]
  readonly random: SeededRandom
}) => Float64Array

export interface FederatedRun {
  readonly clients: readonly (readonly Sample[])[]
  readonly aggregator: AggregatorSettings
  readonly rounds: number
  readonly random: SeededRandom
  /** The first clients lie. */
  readonly liars?: { readonly count: number; readonly attack: Attack }
  readonly onRound?: (round: number, model: Float64Array) => void
}

/** Rounds of training at the clients and aggregation by the very code of the server. */
export function runFederated({
  clients,
  aggregator,
  rounds,
  random,
  liars,
  onRound,
}: FederatedRun): Float64Array {
  let model = emptyModel(CLASS_COUNT, clients.flat()[0]?.inputs.length ?? 0)
  for (let round = 1; round <= rounds; round++) {
    const trained = clients.map((samples) => trainLocally(model, samples, random))
    const honest = trained.slice(liars?.count ?? 0)
    const updates = trained.map((own, client): ClientUpdate => {
      const lies = liars !== undefined && client < liars.count
      const vector = lies ? liars.attack({ model, own, honest, random }) : own
      return { vector, weight: Math.max(1, clients[client]?.length ?? 0) }
    })
    model = aggregate(aggregator, updates)
    onRound?.(round, model)
  }
  return model
}

export function trainLocally(
  model: Float64Array,
  samples: readonly Sample[],
  random: SeededRandom,
  epochs = LOCAL_EPOCHS,
): Float64Array {
  return train(model, samples, { ...TRAINING, epochs, random: () => random.next() })
}
