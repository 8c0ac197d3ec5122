import type { Random } from '../../../ports/random.ts'
import {
  type BetaPosterior,
  deviationOf,
  drawRate,
  meanOf,
  type Outcomes,
  pooledPrior,
  posteriorOf,
} from './beta-posterior.ts'
import { deviationOfMoments } from './running-moments.ts'
import type { ArmEstimate, TypeEstimates } from './shared-estimates.ts'

/** What has worked for others at one type of work. */
export interface AdviceRow {
  /** An agent's id or the name of a method. */
  readonly arm: string
  /** Outcomes that ever counted. */
  readonly count: number
  /** Successes and failures that still count, after forgetting. */
  readonly outcomes: Outcomes
  /** Mean and standard deviation of the posterior; its prior has the arm's success rate over all types as its mean. */
  readonly success: { readonly mean: number; readonly deviation: number }
  /** In milliseconds; undefined where no outcome named one. */
  readonly durationMs: { readonly mean: number; readonly deviation: number } | undefined
  /** In the swarm's own unit; undefined where no outcome named one. */
  readonly cost: { readonly mean: number; readonly deviation: number } | undefined
  /** Mean success − `costWeight` · mean cost. The rows are in descending order of it. */
  readonly utility: number
}

export interface AdviceSettings {
  /** What one unit of cost is worth in units of success; 0 or more, 0 by default. */
  readonly costWeight: number
}

/** Best utility first; of equal ones the better known, then by name. */
export function adviceOf(estimates: TypeEstimates, { costWeight }: AdviceSettings): readonly AdviceRow[] {
  const rows = [...estimates.arms].map(([arm, estimate]) =>
    rowOf(arm, estimate, posteriorFor(arm, estimates), costWeight),
  )
  return rows.toSorted((a, b) => b.utility - a.utility || b.count - a.count || (a.arm < b.arm ? -1 : 1))
}

/**
 * Thompson sampling over the arms that may be chosen: draws a success rate for each from its posterior and takes the arm
 * with the best utility. An arm that is new to the type is drawn from what it did elsewhere, and one that is new
 * altogether from the uniform prior, so that it is tried.
 */
export function chooseArm(
  candidates: readonly string[],
  estimates: TypeEstimates,
  { costWeight }: AdviceSettings,
  random: Random,
): string | undefined {
  let best: string | undefined
  let highest = Number.NEGATIVE_INFINITY
  for (const arm of candidates) {
    const { cost } = estimates.arms.get(arm) ?? estimates.overall.get(arm) ?? { cost: { mean: 0 } }
    const utility = drawRate(posteriorFor(arm, estimates), random) - costWeight * cost.mean
    if (best === undefined || utility > highest) {
      highest = utility
      best = arm
    }
  }
  return best
}

/**
 * What is believed of the arm's success rate at this type of work. The prior has the arm's rate over all types as its mean:
 * partial pooling, with the weight of two outcomes.
 */
function posteriorFor(arm: string, { arms, overall }: TypeEstimates): BetaPosterior {
  return posteriorOf(arms.get(arm) ?? NO_OUTCOMES, pooledPrior(overall.get(arm) ?? NO_OUTCOMES))
}

const NO_OUTCOMES: Outcomes = { successes: 0, failures: 0 }

function rowOf(arm: string, estimate: ArmEstimate, posterior: BetaPosterior, costWeight: number): AdviceRow {
  const { successes, failures, count, duration, cost } = estimate
  const success = { mean: meanOf(posterior), deviation: deviationOf(posterior) }
  return {
    arm,
    count,
    outcomes: { successes, failures },
    success,
    durationMs:
      duration.weight > 0 ? { mean: duration.mean, deviation: deviationOfMoments(duration) } : undefined,
    cost: cost.weight > 0 ? { mean: cost.mean, deviation: deviationOfMoments(cost) } : undefined,
    utility: success.mean - costWeight * cost.mean,
  }
}
