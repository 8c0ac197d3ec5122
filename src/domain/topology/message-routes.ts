import type { AgentId } from '../model/ids.ts'

/** Who may talk to whom, and along which path. */
export interface MessageRoutes {
  readonly version: number
  /** @throws SwarmError `no_route` */
  route(from: AgentId, to: AgentId): readonly AgentId[]
  /** The path to an agent that need not be there: the sender alone where it is not. @throws SwarmError `no_route` */
  routeOrWait(from: AgentId, to: AgentId): readonly AgentId[]
  /** A message to one agent was accepted: it counts as traffic from now on. */
  carried(path: readonly AgentId[]): void
  /** Everyone a message to many reaches. @throws SwarmError `no_route` */
  reach(kind: 'topic' | 'broadcast', from: AgentId): Iterable<AgentId>
  isMember(agentId: AgentId): boolean
}
