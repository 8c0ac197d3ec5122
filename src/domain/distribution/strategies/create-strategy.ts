import { assert } from '../../model/errors.ts'
import type { PlacementKind, StrategyKind, StrategySettings } from '../../model/strategy-settings.ts'
import type {
  DistributionStrategy,
  LearnedKind,
  StrategyFactory,
  StrategyModules,
} from '../distribution-strategy.ts'
import { StealPolicy } from '../stealing/steal-policy.ts'
import { AuctionStrategy } from './auction.ts'
import { leastLoaded } from './least-loaded.ts'
import { QueuedStrategy } from './queued.ts'

/** One row for each kind: a new strategy is added here. */
const FACTORIES: { readonly [K in Exclude<StrategyKind, LearnedKind>]: StrategyFactory<K> } = {
  least_loaded: () => leastLoaded,
  random: placed,
  round_robin: placed,
  shortest_queue: placed,
  power_of_two: placed,
  join_idle_queue: placed,
  expected_delay: placed,
  auction: (settings, modules) => new AuctionStrategy(settings, modules),
  work_stealing: ({ kind, placement, ...costs }, modules) =>
    new QueuedStrategy({ kind, placement, stealing: new StealPolicy(costs, modules.estimator) }, modules),
}

export function createStrategy(settings: StrategySettings, modules: StrategyModules): DistributionStrategy {
  // The row of a kind takes the settings of that kind, which the compiler cannot see through the union.
  const all: Partial<Record<StrategyKind, unknown>> = { ...FACTORIES, ...modules.learned }
  const factory = all[settings.kind] as StrategyFactory<StrategyKind> | undefined
  assert(factory !== undefined, `the strategy ${settings.kind} is offered here`)
  return factory(settings, modules)
}

function placed({ kind }: { readonly kind: PlacementKind }, modules: StrategyModules): DistributionStrategy {
  return new QueuedStrategy({ kind, placement: kind }, modules)
}
