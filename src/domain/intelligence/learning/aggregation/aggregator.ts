import { assertNever } from '../../../model/errors.ts'
import { inCanonicalOrder } from './canonical-order.ts'
import type { ClientUpdate } from './client-update.ts'
import { coordinateMedian } from './coordinate-median.ts'
import { krumSelection } from './krum.ts'
import { trimmedMean } from './trimmed-mean.ts'
import { weightedMean } from './weighted-mean.ts'

/** How the updates of a round become one model. */
export type AggregatorSettings =
  | {
      /** Mean weighted by the number of samples (McMahan et al. 2017). Not robust: one liar can move it anywhere. */
      readonly kind: 'fedavg'
    }
  | {
      /** Median of each coordinate (Yin et al. 2018). Weights are not used. */
      readonly kind: 'median'
    }
  | {
      /** Mean of each coordinate without its f lowest and f highest values (Yin et al. 2018). Weights are not used. */
      readonly kind: 'trimmed_mean'
      /** f: most clients that may lie, 0 or more. Needs n > 2f updates. */
      readonly byzantineMax: number
    }
  | {
      /** The update that is closest to its n − f − 2 nearest (Blanchard et al. 2017). Weights are not used. */
      readonly kind: 'krum'
      /** f: most clients that may lie, 0 or more. Needs n > 2f + 2 updates. */
      readonly byzantineMax: number
    }
  | {
      /** Mean of the `selectedCount` updates with the lowest Krum scores (Blanchard et al. 2017). */
      readonly kind: 'multi_krum'
      /** f: most clients that may lie, 0 or more. Needs n > 2f + 2 updates. */
      readonly byzantineMax: number
      /** m: updates that are averaged, 1 to n − f. */
      readonly selectedCount: number
    }

export type AggregationRefusal =
  | 'no_updates'
  | 'too_few_updates'
  | 'wrong_shape'
  | 'not_finite'
  | 'bad_weight'

/** Fewest updates with which the rule is defined. Krum is refused with n ≤ 2f + 2, trimming with n ≤ 2f. */
export function updatesNeeded(settings: AggregatorSettings): number {
  switch (settings.kind) {
    case 'fedavg':
    case 'median':
      return 1
    case 'trimmed_mean':
      return 2 * settings.byzantineMax + 1
    case 'krum':
      return 2 * settings.byzantineMax + 3
    case 'multi_krum':
      return Math.max(2 * settings.byzantineMax + 3, settings.selectedCount + settings.byzantineMax)
    default:
      return assertNever(settings)
  }
}

/** Why these updates cannot be aggregated; undefined where they can. */
export function refusalOf(
  settings: AggregatorSettings,
  updates: readonly ClientUpdate[],
): AggregationRefusal | undefined {
  const [first] = updates
  if (first === undefined) return 'no_updates'
  if (updates.length < updatesNeeded(settings)) return 'too_few_updates'
  if (updates.some(({ vector }) => vector.length !== first.vector.length)) return 'wrong_shape'
  if (updates.some(({ weight }) => !(weight > 0 && Number.isFinite(weight)))) return 'bad_weight'
  return updates.every(({ vector }) => isFinite(vector)) ? undefined : 'not_finite'
}

/**
 * One vector out of many. Pure, and the same bits for any order of the updates.
 *
 * @throws RangeError that names the {@link AggregationRefusal}
 */
export function aggregate(settings: AggregatorSettings, updates: readonly ClientUpdate[]): Float64Array {
  const refusal = refusalOf(settings, updates)
  if (refusal !== undefined) throw new RangeError(`${settings.kind}: ${refusal}`)
  const ordered = inCanonicalOrder(updates)
  const vectors = ordered.map(({ vector }) => vector)
  switch (settings.kind) {
    case 'fedavg':
      return weightedMean(
        vectors,
        ordered.map(({ weight }) => weight),
      )
    case 'median':
      return coordinateMedian(vectors)
    case 'trimmed_mean':
      return trimmedMean(vectors, settings.byzantineMax)
    case 'krum':
      return mean(krumSelection(vectors, settings.byzantineMax, 1).map((index) => vectors[index]))
    case 'multi_krum':
      return mean(
        krumSelection(vectors, settings.byzantineMax, settings.selectedCount).map((index) => vectors[index]),
      )
    default:
      return assertNever(settings)
  }
}

/** Whether every entry is a finite number. */
export function isFinite(vector: Float64Array): boolean {
  // A sum is finite unless an entry is not or the sum itself overflows; only then each entry is looked at.
  let sum = 0
  for (const value of vector) sum += value
  return Number.isFinite(sum) || vector.every((value) => Number.isFinite(value))
}

function mean(vectors: readonly (Float64Array | undefined)[]): Float64Array {
  const present = vectors.filter((vector) => vector !== undefined)
  return weightedMean(
    present,
    present.map(() => 1),
  )
}
