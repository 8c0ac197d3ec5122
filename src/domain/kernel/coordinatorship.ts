import type { NodeId, Scope, SwarmEpoch } from '../model/ids.ts'
import type { SwarmRecord } from '../model/swarm-record.ts'

/** Which coordinatorship of which swarm. */
export interface Coordinatorship {
  readonly scope: Scope
  readonly nodeId: NodeId
  readonly epoch: SwarmEpoch
  /** The swarm's record as it was when the coordinatorship began. */
  readonly record: SwarmRecord
}
