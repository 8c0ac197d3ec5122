import { drawNormal } from '#domain/intelligence/learning/estimates/gamma.ts'
import type { Attack } from './federated.ts'

/** W − 4 · (own − W): a strong step in the wrong direction. */
export const flip: Attack = ({ model, own }) =>
  model.map((weight, index) => weight - 4 * ((own[index] ?? 0) - weight))

/** Every entry from N(0, 10), where 10 is the standard deviation. */
export const gauss: Attack = ({ model, random }) => model.map(() => 10 * drawNormal(random))

/**
 * The mean of the honest less 1.5 of their standard deviations in each coordinate: "A Little Is Enough" (Baruch et al. 2019).
 */
export const alie: Attack = ({ model, honest }) =>
  model.map((_, index) => {
    const values = honest.map((vector) => vector[index] ?? 0)
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
    return mean - 1.5 * Math.sqrt(variance)
  })
