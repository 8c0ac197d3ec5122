import type { AgentId, NodeId } from '../ids.ts'
import type { StrategySettings } from '../strategy-settings.ts'
import type { SwarmRecord } from '../swarm-record.ts'
import type { RingDirection, TopologyKind } from '../topology-settings.ts'

interface Link {
  readonly from: AgentId
  readonly to: AgentId
}

/** Events of the swarm as a whole, and of its topology. */
export interface SwarmEvents {
  'swarm.created': { readonly strategy: StrategySettings }
  /** What changed. */
  'swarm.updated': Partial<
    Pick<SwarmRecord, 'description' | 'strategy' | 'topology' | 'leaseMs' | 'limits' | 'patterns'>
  >
  'swarm.coordinator_changed': { readonly coordinatorId: NodeId; readonly epoch: number }
  'swarm.store_lost': {
    readonly reason: 'emptied' | 'replaced' | 'rolled_back' | 'keys_missing'
    readonly lostStoreId: string
  }
  'topology.changed': {
    readonly cause: 'joined' | 'left' | 'died' | 'leader_elected' | 'leader_lost' | 'switched' | 'recovered'
    readonly kind: TopologyKind
    readonly branching?: number
    readonly direction?: RingDirection
    readonly version: number
    readonly linked: readonly Link[]
    readonly unlinked: readonly Link[]
  }
}
