import type { BidCall } from '../model/bid-call.ts'
import type { CandidateScore } from '../model/decision-record.ts'
import type { AgentId, EpochMs, TaskId } from '../model/ids.ts'
import type { StrategyKind, StrategySettings } from '../model/strategy-settings.ts'
import type { Random } from '../ports/random.ts'
import type { ReadyEntry } from '../ports/ready-queue.ts'
import type { Candidate } from '../resources/candidate.ts'
import type { Requirement } from '../resources/requirement.ts'
import type { Bid } from './auction/live-auctions.ts'
import type { TaskOutcome, WorkEstimator } from './work-estimator.ts'

/** All a strategy may know. A strategy is pure: equal contexts and equal randomness give equal plans. */
export interface DistributionContext {
  readonly now: EpochMs
  readonly random: Random
  /**
   * In the order they should run; for each at least one agent could start it when the context was made. Read from the
   * scheduler at the first use: a strategy that keeps tasks in queues of its own need not pay for it.
   */
  readonly tasks: readonly ReadyEntry[]
  /** The agents that could start a task of this kind, as they were when the context was made. */
  candidatesFor(requirement: Requirement): readonly Candidate[]
  /** The agent, where it could start work now. */
  candidate(agentId: AgentId): Candidate | undefined
  /** Whether the task waits for nothing but an agent. */
  mayStart(entry: ReadyEntry): boolean
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
  /** What the agent asked for, and the next lowest bid; of an auction. */
  readonly price?: number
  readonly secondPrice?: number
}

/**
 * `put_back`: the task still waits and has to be planned again, after a pause. `not_now`: the same, at once. `held`: the
 * same, once its controls let it start.
 */
export type AssignOutcome = 'done' | 'put_back' | 'not_now' | 'held'

export interface Planner {
  /** Who does what now. A task left out stays in line; no agent is given more than it can take. */
  plan(context: DistributionContext): readonly PlannedAssignment[]
}

/**
 * Says which agent does which waiting task. It lives as long as its settings stay; a new one is told of every task that
 * waits then. What it remembers is volatile: after a takeover it is built anew from the records.
 */
export interface DistributionStrategy extends Planner {
  readonly kind: StrategyKind
  /**
   * False while a plan rests on answers of agents that are asked first. Left out where the plan can be made at any time,
   * also of a task that is not written yet.
   */
  readonly plansAtOnce?: boolean
  /** The task waits: it became ready, or an assignment of it failed. It may be told again of a task that it knows. */
  onReady?(entry: ReadyEntry): void
  /** The task waits no more: it was assigned or has ended. */
  onGone?(taskId: TaskId): void
  /** An agent answered a call for bids. */
  onBid?(bid: Bid): void
  /** An attempt at a task ended. */
  onOutcome?(outcome: TaskOutcome): void
  /** The agent joined, left, changed what it can do, or went in or out of service. */
  onAgent?(agentId: AgentId): void
  /** It is not asked any more: ends what it has running. */
  close?(): void
}

/** The agents of the swarm, busy ones included. */
export interface AgentPool {
  /** The agents in service that are capable of such a task, whether they could start it now or not. */
  membersFor(requirement: Requirement): readonly Candidate[]
  isInService(agentId: AgentId): boolean
}

/** Kinds whose strategies stand on what the intelligence of the swarm has learned. */
export type LearnedKind = 'trails' | 'flocking'

/** What strategies are built from. */
export interface StrategyModules {
  readonly pool: AgentPool
  readonly random: Random
  readonly estimator: WorkEstimator
  /** A clock that never jumps, in milliseconds. */
  monotonic(): number
  /** Asks an agent for a bid. @returns false where it cannot be asked */
  callForBids(agentId: AgentId, call: BidCall): boolean
  /** Plans again soon. */
  wake(): void
  /** Plans again after a time, in milliseconds. The returned function cancels. */
  wakeIn(delayMs: number): () => void
  /** The strategies that are built above this part; left out where they are not offered. */
  readonly learned?: { readonly [K in LearnedKind]: StrategyFactory<K> }
}

/** Builds strategies from the settings of one kind. */
export type StrategyFactory<K extends StrategyKind> = (
  settings: Extract<StrategySettings, { readonly kind: K }>,
  modules: StrategyModules,
) => DistributionStrategy
