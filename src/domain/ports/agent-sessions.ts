import type { SessionId } from '../ids.ts'
import type { AgentDelivery } from '../orchestration/assignment.ts'

/** The agents' connections on this node. */
export interface AgentSessions {
  /**
   * Writes to the connection, in call order, without waiting.
   * @returns false where the connection is gone or too slow; the task then comes back by its lease.
   */
  deliver(session: SessionId, delivery: AgentDelivery): boolean
}
