import type { SwarmId } from './ids.ts'
import type { PatternSettings } from './pattern-settings.ts'
import type { StrategySettings } from './strategy-settings.ts'
import type { SwarmLimits } from './swarm-record.ts'
import type { TopologySettings } from './topology-settings.ts'

export interface SwarmSpec {
  readonly swarmId: SwarmId
  readonly description: string
  readonly strategy: StrategySettings
  readonly topology: TopologySettings
  readonly leaseMs: number
  readonly limits: SwarmLimits
  /** The defaults where left out. */
  readonly patterns?: PatternSettings
}
