import type { AgentId } from '../model/ids.ts'
import type { TopologySettings } from '../model/topology-settings.ts'

/** What of a topology outlives a restart, besides the places of its members: one record of a {@link MemberPlace} each. */
export interface TopologyRecord {
  readonly version: number
  readonly leaderId: AgentId | null
  /** Of the shape that the places belong to; left out by versions that kept no places. */
  readonly settings?: TopologySettings
}
