import type { NumberFormat } from '../../../model/training-notice.ts'
import type { WorkerProgram } from '../../../ports/workers.ts'
import { type AggregatorSettings, aggregate, isFinite, updatesNeeded } from './aggregator.ts'
import { lowestScores, SquaredDistances } from './krum.ts'
import { readNumbers, writeNumbers } from './number-text.ts'

export interface AggregationOptions {
  readonly settings: AggregatorSettings
  readonly format: NumberFormat
  /** Samples of each client, in the order in which the pieces come. */
  readonly weights: readonly number[]
}

/** The pieces with one index of all updates, as base64, in the order of the weights. */
export interface AggregationChunk {
  readonly texts: readonly string[]
}

export interface AggregationMethods extends Record<string, (argument: never) => unknown> {
  /** Takes in a piece for the distances between the updates. For Krum and multi-Krum, all pieces before the first `combine`. */
  measure(chunk: AggregationChunk): null
  /** The same piece of the aggregate. @throws RangeError for numbers that are not finite */
  combine(chunk: AggregationChunk): string
}

/**
 * Aggregates updates piece by piece, so that memory holds one piece of each. The caller gives the updates in an order that
 * depends on nothing but their content, which decides between equal scores.
 */
export const AGGREGATION: WorkerProgram<AggregationOptions, AggregationMethods> = {
  name: 'learning-aggregation',
  start({ settings, format, weights }) {
    const { kind } = settings
    const distances = new SquaredDistances(weights.length)
    let selected: readonly number[] | undefined
    const select = (): readonly number[] => {
      if (kind !== 'krum' && kind !== 'multi_krum') return weights.map((_, place) => place)
      if (weights.length < updatesNeeded(settings)) throw new RangeError(`${kind}: too_few_updates`)
      const count = kind === 'krum' ? 1 : settings.selectedCount
      return lowestScores(distances.scores(settings.byzantineMax), count)
    }
    const rule: AggregatorSettings = kind === 'krum' || kind === 'multi_krum' ? { kind: 'fedavg' } : settings
    return {
      measure: ({ texts }) => {
        distances.add(texts.map((text) => finite(readNumbers(text, format))))
        return null
      },
      combine: ({ texts }) => {
        selected ??= select()
        const updates = selected.map((place) => ({
          vector: finite(readNumbers(texts[place] ?? '', format)),
          weight: rule === settings ? (weights[place] ?? 1) : 1,
        }))
        return writeNumbers(finite(aggregate(rule, updates)), format)
      },
    }
  },
}

function finite(vector: Float64Array): Float64Array {
  if (!isFinite(vector)) throw new RangeError('not_finite')
  return vector
}
