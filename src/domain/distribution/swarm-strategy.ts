import type { AgentId, TaskId } from '../model/ids.ts'
import type { StrategyKind, StrategySettings } from '../model/strategy-settings.ts'
import type { ReadyEntry } from '../ports/ready-queue.ts'
import type { StageOrder } from '../topology/stage-order.ts'
import type {
  DistributionContext,
  DistributionStrategy,
  PlannedAssignment,
  StrategyModules,
} from './distribution-strategy.ts'
import { createStrategy } from './strategies/create-strategy.ts'
import { DelegationStrategy, type Hierarchy } from './strategies/delegation-strategy.ts'
import { PipelineStrategy } from './strategies/pipeline-strategy.ts'
import type { TaskOutcome } from './work-estimator.ts'

export interface SwarmStrategyOptions {
  /** Read at each use, since a swarm's strategy can be changed. */
  settings(): StrategySettings
}

export interface SwarmStrategyModules extends StrategyModules {
  readonly stages: StageOrder
  readonly hierarchy: Hierarchy
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
  #settings: StrategySettings
  #current: DistributionStrategy

  constructor(options: SwarmStrategyOptions, modules: SwarmStrategyModules) {
    this.#options = options
    this.#modules = modules
    this.#settings = options.settings()
    this.#current = createStrategy(this.#settings, modules)
    const current = { plan: (context: DistributionContext) => this.#current.plan(context) }
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
    const plan = this.#pipelines.plan(context)
    for (const { entry, agentId } of plan) this.#modules.estimator.started(agentId, entry.taskId, entry)
    return plan
  }

  onReady(entry: ReadyEntry): void {
    this.#pipelines.onReady(entry)
    this.#now().onReady?.(entry)
  }

  onGone(taskId: TaskId): void {
    this.#pipelines.onGone(taskId)
    this.#current.onGone?.(taskId)
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
