import type { AgentId, Scope, SessionId } from '../../model/ids.ts'
import type { AgentDelivery } from '../agent-delivery.ts'

/** The agents' connections on this node. */
export interface AgentSessions {
  /**
   * Writes to the connection, in call order, without waiting.
   * @returns false where the connection is gone or too slow; the task then comes back by its lease.
   */
  deliver(session: SessionId, delivery: AgentDelivery): boolean
  /**
   * Whether the agent's process answers over the connection within the time. It is asked below the frames, so that the
   * agent's own code need not do anything.
   */
  probe(session: SessionId, withinMs: number): Promise<boolean>
  /**
   * The agent was registered anew or removed. Without an agent: any agent of the swarm may have been, or the swarm itself
   * was deleted. Connections that were opened under an earlier registration must end. May be called without need.
   */
  registrationChanged(scope: Scope, agentId?: AgentId): void
}
