import type { AgentStatus, Capability } from '../agent-record.ts'
import type { NodeId } from '../ids.ts'
import type { ResourceAmounts } from '../task-record.ts'

export interface AgentStanding {
  readonly status: AgentStatus
  readonly epoch: number
  readonly slots: number
}

/** What a replay needs to know of an agent; left out by earlier versions. */
export interface AgentAbilities {
  readonly capabilities?: readonly Capability[]
  readonly resources?: ResourceAmounts
  readonly labels?: Readonly<Record<string, string>>
}

/** Events that come with a change of an agent's record. */
export interface AgentRecordEvents {
  'agent.registered': AgentStanding & AgentAbilities
  'agent.updated': AgentStanding & AgentAbilities
  'agent.online': AgentStanding & { readonly nodeId?: NodeId }
  'agent.suspect': AgentStanding
  'agent.offline': AgentStanding
  'agent.draining': AgentStanding
  'agent.quarantined': AgentStanding & { readonly reason: string }
  'agent.released': AgentStanding
}

export interface AgentEvents extends AgentRecordEvents {
  'agent.removed': Nothing
  'agent.breaker_opened': { readonly cooldownMs: number }
  'agent.breaker_closed': Nothing
}

type Nothing = Readonly<Record<string, never>>
