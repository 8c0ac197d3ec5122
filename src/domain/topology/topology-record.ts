import type { AgentId } from '../ids.ts'

/** What of a topology has to outlive a restart; who is a member is seen from the agents. */
export interface TopologyRecord {
  readonly version: number
  readonly leaderId: AgentId | null
}
