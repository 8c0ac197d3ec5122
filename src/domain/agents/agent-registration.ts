import {
  type AgentRecord,
  type AgentStatus,
  drainingStatus,
  type RemovedAgentRecord,
} from '../model/agent-record.ts'
import { SwarmError } from '../model/errors.ts'
import type { EpochMs } from '../model/ids.ts'
import type { PatchAgentRequest, RegisterRequest } from './agent-service.ts'

/** The same call again, after its first answer was lost: nobody else knows the token. */
export function isSameRequest({ tokenHash }: AgentRecord, request: RegisterRequest): boolean {
  return tokenHash !== undefined && tokenHash === request.tokenHash
}

/**
 * The agent with what an operator, or the agent itself, changes of it.
 *
 * @throws SwarmError `drain_ordered`, `agent_draining`
 */
export function patched(record: AgentRecord, request: PatchAgentRequest): AgentRecord {
  const changed = { ...record, spec: { ...record.spec, ...request.spec } }
  switch (request.isDraining) {
    case undefined:
      return changed
    case true:
      return { ...withoutDrain(changed), ...drained(record, request.askedBy) }
    default:
      refuseToWorkAgain(record, request.askedBy)
      return { ...withoutDrain(changed), status: record.isDraining ? settledStatus(record) : record.status }
  }
}

function drained(record: AgentRecord, askedBy: 'agent' | undefined): Partial<AgentRecord> {
  const isOwnWish = askedBy === 'agent' && (!record.isDraining || record.drainedBy === 'agent')
  const status = record.isDraining ? record.status : drainingStatus(record)
  return { isDraining: true, status, ...(isOwnWish ? { drainedBy: 'agent' } : {}) }
}

function refuseToWorkAgain(
  { agentId, isDraining, isLeaving, drainedBy }: AgentRecord,
  askedBy?: 'agent',
): void {
  if (isLeaving) throw new SwarmError('agent_draining', { agentId })
  if (isDraining && askedBy === 'agent' && drainedBy !== 'agent')
    throw new SwarmError('drain_ordered', { agentId })
}

function withoutDrain(record: AgentRecord): AgentRecord {
  const { drainedBy: _, ...rest } = record
  return { ...rest, isDraining: false }
}

/** What the status is once the agent does not drain: `online` shows itself with the next sign of life. */
function settledStatus(record: AgentRecord): AgentStatus {
  return record.status === 'draining' ? 'suspect' : record.status
}

/**
 * The agent as it is registered.
 *
 * @param before what stood under the id
 * @param removed what is kept of an agent that was removed under the id
 */
export function registered(
  request: RegisterRequest,
  before: AgentRecord | undefined,
  removed: RemovedAgentRecord | undefined,
  now: EpochMs,
): AgentRecord {
  const { agentId, spec, tokenHash, voterKey } = request
  // Whoever was caught does not come clean by registering again, nor by leaving first.
  const quarantine = (before ?? removed)?.quarantine
  return {
    agentId,
    spec,
    status: before === undefined || before.isDraining ? 'offline' : before.status,
    ...(before?.transport === undefined ? {} : { transport: before.transport }),
    epoch: (before?.epoch ?? 0) + 1,
    isDraining: false,
    isLeaving: false,
    ...(tokenHash === undefined ? {} : { tokenHash }),
    ...(voterKey === undefined ? {} : { voterKey: voterKey.publicKey }),
    ...(quarantine === undefined ? {} : { quarantine }),
    registeredAt: before?.registeredAt ?? now,
    lastChangeAt: now,
  }
}

export function removedAgent(
  { agentId, tokenHash, quarantine, spec }: AgentRecord,
  now: EpochMs,
): RemovedAgentRecord {
  return {
    agentId,
    ...(tokenHash === undefined ? {} : { tokenHash }),
    ...(quarantine === undefined ? {} : { quarantine }),
    capabilities: spec.capabilities.map(({ name }) => name),
    removedAt: now,
  }
}

export function withoutQuarantine(record: AgentRecord): AgentRecord {
  if (record.quarantine === undefined) return record
  const { quarantine: _, ...released } = record
  return released
}
