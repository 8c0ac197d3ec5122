import type { SwarmId } from './ids.ts'
import type { StrategyName, SwarmLimits } from './swarm-record.ts'
import type { TopologySettings } from './topology-settings.ts'

export interface SwarmSpec {
  readonly swarmId: SwarmId
  readonly description: string
  readonly strategy: StrategyName
  readonly topology: TopologySettings
  readonly leaseMs: number
  readonly limits: SwarmLimits
}
