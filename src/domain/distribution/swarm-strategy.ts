import { type AgentId, monotonicMs, type TaskId } from '../model/ids.ts'
import type { StrategyKind, StrategySettings } from '../model/strategy-settings.ts'
import type { Clock } from '../ports/clock.ts'
import type { ReadyEntry } from '../ports/ready-queue.ts'
import type { StageOrder } from '../topology/stage-order.ts'
import type { Bid } from './auction/live-auctions.ts'
import type {
  DistributionContext,
  DistributionStrategy,
  PlannedAssignment,
  Planner,
  StrategyModules,
} from './distribution-strategy.ts'
import { createStrategy } from './strategies/create-strategy.ts'
import { DelegationStrategy, type Hierarchy } from './strategies/delegation-strategy.ts'
import { Detours } from './strategies/detours.ts'
import { PipelineStrategy } from './strategies/pipeline-strategy.ts'
import { spreadStrategy } from './strategies/spread-strategy.ts'
import type { TaskOutcome } from './work-estimator.ts'

export interface SwarmStrategyOptions {
  /** Read at each use, since a swarm's strategy can be changed. */
  settings(): StrategySettings
}

export interface SwarmStrategyModules extends StrategyModules {
  readonly stages: StageOrder
  readonly hierarchy: Hierarchy
  readonly clock: Clock
  /** Every task that waits; a new strategy is told of them. */
  waiting(): Iterable<ReadyEntry>
}

/**
 * The strategy that a swarm has now, with pipelines and delegation before it: they plan what the topology decides, and
 * the strategy all else. When the settings change, the next strategy takes over all tasks that wait.
 */
export class SwarmStrategy implements DistributionStrategy {
  readonly #options: SwarmStrategyOptions
  readonly #modules: SwarmStrategyModules
  readonly #pipelines: PipelineStrategy
  readonly #planner: DelegationStrategy
  readonly #detours = new Detours()
  #spreadUntil = monotonicMs(0)
  #settings: StrategySettings
  #current: DistributionStrategy

  constructor(options: SwarmStrategyOptions, modules: SwarmStrategyModules) {
    this.#options = options
    this.#modules = modules
    this.#settings = options.settings()
    this.#current = createStrategy(this.#settings, modules)
    const current = { plan: (context: DistributionContext) => this.#placer().plan(context) }
    this.#planner = new DelegationStrategy(current, modules.hierarchy)
    this.#pipelines = new PipelineStrategy(this.#planner, modules.stages)
  }

  get kind(): StrategyKind {
    return this.#now().kind
  }

  get plansAtOnce(): boolean {
    return this.#now().plansAtOnce !== false
  }

  plan(context: DistributionContext): readonly PlannedAssignment[] {
    this.#now()
    const detoured = this.#detours.isEmpty ? [] : this.#detours.plan(context, this.#modules.clock.monotonic())
    // The other tasks have a round of their own, which knows what these took.
    const plan = detoured.length > 0 ? detoured : this.#pipelines.plan(context)
    for (const { entry, agentId } of plan) this.#modules.estimator.started(agentId, entry.taskId, entry)
    return plan
  }

  /** For this long, in milliseconds, the tasks are placed by power of two choices instead. */
  spread(durationMs: number): void {
    this.#spreadUntil = monotonicMs(this.#modules.clock.monotonic() + durationMs)
  }

  /** For this long, in milliseconds, these tasks go to others than these agents where others can take them. */
  detour(taskIds: readonly string[], agentIds: readonly string[], durationMs: number): void {
    this.#detours.add(taskIds, agentIds, monotonicMs(this.#modules.clock.monotonic() + durationMs))
  }

  onReady(entry: ReadyEntry): void {
    this.#pipelines.onReady(entry)
    this.#now().onReady?.(entry)
  }

  onGone(taskId: TaskId): void {
    this.#pipelines.onGone(taskId)
    this.#current.onGone?.(taskId)
  }

  onBid(bid: Bid): void {
    this.#now().onBid?.(bid)
  }

  onOutcome(outcome: TaskOutcome): void {
    this.#modules.estimator.observe(outcome)
    this.#now().onOutcome?.(outcome)
  }

  onAgent(agentId: AgentId): void {
    this.#now().onAgent?.(agentId)
  }

  close(): void {
    this.#current.close?.()
  }

  #placer(): Planner {
    return this.#modules.clock.monotonic() < this.#spreadUntil ? spreadStrategy : this.#current
  }

  #now(): DistributionStrategy {
    const settings = this.#options.settings()
    if (settings === this.#settings) return this.#current
    const isSame = JSON.stringify(settings) === JSON.stringify(this.#settings)
    this.#settings = settings
    if (isSame) return this.#current
    this.#current.close?.()
    this.#current = createStrategy(settings, this.#modules)
    for (const entry of this.#modules.waiting()) this.#current.onReady?.(entry)
    return this.#current
  }
}
