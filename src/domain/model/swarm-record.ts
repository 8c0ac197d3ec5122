import type { EpochMs, SwarmId } from './ids.ts'
import { recordKind } from './record-kind.ts'
import type { TopologySettings } from './topology-settings.ts'

/** Limits of one swarm. Past one the caller gets 429 `limit_exceeded` that names it. */
export interface SwarmLimits {
  /** Tasks not yet terminal. */
  readonly openTasksMax: number
  readonly agentsMax: number
  /** Events kept in the log; older ones are trimmed, and a reader who asks for them gets a gap. */
  readonly eventsMax: number
}

export type StrategyName = 'least_loaded'

export interface SwarmRecord {
  readonly swarmId: SwarmId
  readonly description: string
  readonly strategy: StrategyName
  readonly topology: TopologySettings
  readonly leaseMs: number
  readonly limits: SwarmLimits
  readonly createdAt: EpochMs
}

export const SWARM_RECORDS = recordKind<SwarmRecord>('swarm')
