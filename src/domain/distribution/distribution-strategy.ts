import type { CandidateScore } from '../model/decision-record.ts'
import type { AgentId, EpochMs } from '../model/ids.ts'
import type { StrategyName } from '../model/swarm-record.ts'
import type { Random } from '../ports/random.ts'
import type { ReadyEntry } from '../ports/ready-queue.ts'
import type { Candidate } from '../resources/candidate.ts'
import type { Requirement } from '../resources/requirement.ts'

/** All a strategy may know. A strategy is pure: equal contexts and equal randomness give equal plans. */
export interface DistributionContext {
  readonly now: EpochMs
  readonly random: Random
  /** In the order they should run; for each at least one agent could start it when the context was made. */
  readonly tasks: readonly ReadyEntry[]
  /** The agents that could start a task of this kind, as they were when the context was made. */
  candidatesFor(requirement: Requirement): readonly Candidate[]
}

export interface PlannedAssignment {
  readonly entry: ReadyEntry
  readonly agentId: AgentId
  readonly reason: string
  readonly candidateCount: number
  /** The best few, winner first. */
  readonly candidates: readonly CandidateScore[]
  /** From the root of the tree down to the agent; left out where it did not go down a tree. */
  readonly delegationPath?: readonly AgentId[]
}

export interface DistributionStrategy {
  readonly name: StrategyName
  /** Who does what now. A task left out stays in line; no agent is given more than it can take. */
  plan(context: DistributionContext): readonly PlannedAssignment[]
}
