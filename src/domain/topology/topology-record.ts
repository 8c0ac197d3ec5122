import type { AgentId } from '../model/ids.ts'
import { recordKind } from '../model/record-kind.ts'
import type { TopologySettings } from '../model/topology-settings.ts'
import type { MemberPlace } from './topology.ts'

/** What of a topology outlives a restart, besides the places of its members: one record of a {@link MemberPlace} each. */
export interface TopologyRecord {
  readonly version: number
  readonly leaderId: AgentId | null
  /** Of the shape that the places belong to; left out by versions that kept no places. */
  readonly settings?: TopologySettings
}

/** Under the id `topology`. */
export const TOPOLOGY_RECORDS = recordKind<TopologyRecord>('topology')

/** Where a member of the topology stands, under the agent's id. */
export const TOPOLOGY_MEMBER_RECORDS = recordKind<MemberPlace>('topology_member')
