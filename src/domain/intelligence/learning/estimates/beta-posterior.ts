import type { Random } from '../../../ports/random.ts'
import { drawGamma } from './gamma.ts'

/** Successes and failures that were seen, after forgetting: 0 or more, and not whole where some were forgotten. */
export interface Outcomes {
  readonly successes: number
  readonly failures: number
}

/** A distribution over a success rate: Beta(α, β). */
export interface BetaPosterior {
  readonly alpha: number
  readonly beta: number
}

/** Beta(1, 1): every rate is as likely as any other. */
export const UNIFORM_PRIOR: BetaPosterior = { alpha: 1, beta: 1 }

/** @param prior the uniform one by default */
export function posteriorOf({ successes, failures }: Outcomes, prior = UNIFORM_PRIOR): BetaPosterior {
  return { alpha: prior.alpha + successes, beta: prior.beta + failures }
}

/**
 * A prior that counts as much as the uniform one, with the success rate over all types of work as its mean (partial
 * pooling). Without any outcome it is the uniform prior.
 */
export function pooledPrior(overall: Outcomes): BetaPosterior {
  const rate = meanOf(posteriorOf(overall))
  const weight = UNIFORM_PRIOR.alpha + UNIFORM_PRIOR.beta
  return { alpha: weight * rate, beta: weight * (1 - rate) }
}

export function meanOf({ alpha, beta }: BetaPosterior): number {
  return alpha / (alpha + beta)
}

export function deviationOf({ alpha, beta }: BetaPosterior): number {
  const total = alpha + beta
  return Math.sqrt((alpha * beta) / (total * total * (total + 1)))
}

/** One draw, for Thompson sampling (Thompson 1933). */
export function drawRate({ alpha, beta }: BetaPosterior, random: Random): number {
  const successes = drawGamma(alpha, random)
  const failures = drawGamma(beta, random)
  return successes + failures > 0 ? successes / (successes + failures) : alpha / (alpha + beta)
}
