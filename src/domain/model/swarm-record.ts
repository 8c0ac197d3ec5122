import type { EpochMs, SwarmId } from './ids.ts'
import { type PatternSettings, patternSettings } from './pattern-settings.ts'
import { jsonCodec, recordKind } from './record-kind.ts'
import { readStrategySettings, type StrategySettings } from './strategy-settings.ts'
import type { TopologySettings } from './topology-settings.ts'

/** Limits of one swarm. Past one the caller gets 429 `limit_exceeded` that names it. */
export interface SwarmLimits {
  /** Tasks not yet terminal. */
  readonly openTasksMax: number
  readonly agentsMax: number
  /** Events kept in the log; older ones are trimmed, and a reader who asks for them gets a gap. */
  readonly eventsMax: number
}

export interface SwarmRecord {
  readonly swarmId: SwarmId
  readonly description: string
  readonly strategy: StrategySettings
  readonly topology: TopologySettings
  readonly leaseMs: number
  readonly limits: SwarmLimits
  /** How fairness keys share the swarm; `stride` where it is left out. */
  readonly fairness?: 'stride' | 'drf'
  readonly patterns: PatternSettings
  readonly createdAt: EpochMs
}

const json = jsonCodec<SwarmRecord>()

export const SWARM_RECORDS = recordKind<SwarmRecord>('swarm', {
  codec: {
    ...json,
    decode: (text, id) => {
      const record = json.decode(text, id)
      // Earlier versions wrote none.
      const patterns = patternSettings(record.patterns)
      return { ...record, strategy: readStrategySettings(record.strategy), patterns }
    },
  },
})
