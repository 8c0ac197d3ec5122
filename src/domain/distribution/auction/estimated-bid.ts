import type { Candidate } from '../../resources/candidate.ts'
import type { TaskFacts, WorkEstimator } from '../work-estimator.ts'

/** What a unit of time and a unit of cost weigh in a bid. */
export interface BidWeights {
  readonly secondsWeight: number
  readonly costWeight: number
}

/** Proficiencies below count as this one: a bid stays finite. */
const PROFICIENCY_MIN = 0.01

/**
 * The bid that the hub makes for an agent that does not bid: the time by which the task would be done, in seconds, and
 * the cost of the capabilities that it needs, divided by how well the agent does them.
 */
export function estimatedBid(
  task: TaskFacts & { readonly capabilities: readonly string[] },
  { agentId, capabilities, slots, activeTasks }: Candidate,
  estimator: WorkEstimator,
  { secondsWeight, costWeight }: BidWeights,
): number {
  let cost = 0
  let proficiency = 1
  for (const { name, proficiency: own, cost: ownCost } of capabilities) {
    if (!task.capabilities.includes(name)) continue
    cost += ownCost
    proficiency = Math.min(proficiency, own)
  }
  // Without any basis a task counts as one second.
  const workMs = estimator.workMs(task) ?? 1_000
  const slowdown = 1 + activeTasks / slots
  const seconds =
    ((workMs / estimator.speedOf(agentId)) * slowdown + estimator.setupMs(agentId, task)) / 1_000
  return (secondsWeight * seconds + costWeight * cost) / Math.max(PROFICIENCY_MIN, proficiency)
}
