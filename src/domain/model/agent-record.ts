import type { PublicKey } from './hex.ts'
import type { AgentId, EpochMs } from './ids.ts'
import { recordKind } from './record-kind.ts'
import type { ResourceAmounts } from './task-record.ts'

export interface Capability {
  readonly name: string
  /** How well the agent does it, 0 to 1. */
  readonly proficiency: number
  /** What one task of it costs, in the swarm's own unit; 0 or more. */
  readonly cost: number
}

/**
 * `online`: can be given work. `suspect`: its channel closed and the grace period runs, or half a lease passed in
 * silence. `offline`: gone, also where it was told to drain. `draining`: finishes what it holds and gets nothing new.
 */
export type AgentStatus = 'online' | 'suspect' | 'offline' | 'draining'

/** How the agent gets its work: pushed over its WebSocket, or pulled by HTTP claims. */
export type AgentTransport = 'channel' | 'http'

export interface AgentSpec {
  readonly name: string
  readonly capabilities: readonly Capability[]
  /** Tasks it can do at the same time, 1 to 1 000. */
  readonly slots: number
  readonly resources: ResourceAmounts
  readonly labels: Readonly<Record<string, string>>
}

export interface AgentRecord {
  readonly agentId: AgentId
  readonly spec: AgentSpec
  readonly status: AgentStatus
  readonly transport?: AgentTransport
  /** Raised at every connect and every registration; the newest connection wins. */
  readonly epoch: number
  readonly isDraining: boolean
  /** Who told it to drain: what an operator ordered, the agent itself cannot end. An operator where left out. */
  readonly drainedBy?: 'agent'
  /** To be removed once it holds nothing. */
  readonly isLeaving: boolean
  /** SHA-256 of the agent's token, lower-case hex. */
  readonly tokenHash?: string
  /** The key it votes with, where it holds one itself. */
  readonly voterKey?: PublicKey
  /** Why it gets no work and no vote; undefined for an agent in good standing. */
  readonly quarantine?: string
  readonly registeredAt: EpochMs
  readonly lastChangeAt: EpochMs
}

/** What is kept of an agent that was removed, so that its process cannot come back by itself. */
export interface RemovedAgentRecord {
  readonly agentId: AgentId
  /** Of the agent's last token. */
  readonly tokenHash?: string
  /** A new registration under the id stays in quarantine: only an operator ends it. */
  readonly quarantine?: string
  /** What it could do, by name; left out in records of earlier versions. */
  readonly capabilities?: readonly string[]
  readonly removedAt: EpochMs
}

/** The status once the agent is told to finish what it holds: who is gone stays gone. */
export function drainingStatus({ status }: AgentRecord): AgentStatus {
  return status === 'offline' ? 'offline' : 'draining'
}

export const AGENT_RECORDS = recordKind<AgentRecord>('agent')

/** Under the agent's id; gone once the id is registered again. */
export const REMOVED_AGENT_RECORDS = recordKind<RemovedAgentRecord>('removed_agent')
