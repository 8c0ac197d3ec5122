import type { AgentRegistry } from '../agents/agent-registry.ts'
import type { EventStream } from '../communication/event-stream.ts'
import type { LearnedKind, StrategyFactory } from '../distribution/distribution-strategy.ts'
import { FlockKeeper } from '../intelligence/flocking/flock-keeper.ts'
import { FlockingStrategy } from '../intelligence/flocking/flocking-strategy.ts'
import { GroupWriter } from '../intelligence/flocking/group-writer.ts'
import { AgentTrailsKeeper } from '../intelligence/trails/agent-trails-state.ts'
import { TrailStrategy } from '../intelligence/trails/trail-strategy.ts'
import { DurableProjection, type DurableProjectionModules } from '../kernel/durable-projection.ts'
import type { Projection } from '../kernel/projection.ts'
import type { StrategySettings } from '../model/strategy-settings.ts'
import type { SwarmSettings } from './swarm-settings.ts'

export interface LearnedPartsModules extends Omit<DurableProjectionModules, 'errors'> {
  readonly registry: Pick<AgentRegistry, 'find'>
  readonly events: EventStream
  readonly settings: SwarmSettings
}

export interface LearnedParts {
  readonly flock: FlockKeeper
  readonly learned: { readonly [K in LearnedKind]: StrategyFactory<K> }
  readonly learnedProjections: readonly Projection[]
}

/** The strategies that stand on what was learned from the log, and what learns it. */
export function createLearnedParts(modules: LearnedPartsModules): LearnedParts {
  const { registry, events, settings } = modules
  // Read at each use, since a swarm's strategy can be changed.
  const strategy = (): StrategySettings => settings.record.strategy
  const errors = events.projectionErrors
  const writer = new GroupWriter(modules)
  const flock = new FlockKeeper(
    {
      settings: () => settingsFor('flocking', strategy()),
      slotsOf: (agentId) => registry.find(agentId)?.record.spec.slots ?? 1,
    },
    { write: (change) => writer.write(change) },
  )
  const trails = new AgentTrailsKeeper(() => settingsFor('trails', strategy()))
  return {
    flock,
    learned: {
      flocking: (_, strategyModules) => new FlockingStrategy(flock, strategyModules),
      trails: () => new TrailStrategy(() => trails.trails),
    },
    learnedProjections: [flock, trails].map(
      (state) => new DurableProjection(state, {}, { ...modules, errors }),
    ),
  }
}

function settingsFor<K extends LearnedKind>(
  kind: K,
  settings: StrategySettings,
): Extract<StrategySettings, { readonly kind: K }> | undefined {
  return settings.kind === kind ? (settings as Extract<StrategySettings, { readonly kind: K }>) : undefined
}
