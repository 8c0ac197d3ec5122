import { randomBytes } from 'node:crypto'
import { type AgentId, agentId, type SwarmId, swarmId, type TenantId, tenantId } from '#domain/model/ids.ts'

const PREFIX = 'agt'
const SECRET_BYTES = 32

export interface AgentTokenOwner {
  readonly tenant: TenantId
  readonly swarmId: SwarmId
  readonly agentId: AgentId
}

/**
 * A new credential of one agent: `agt.<tenant>.<swarm>.<agent>.<secret>`. It says whose it is, so that it can be
 * looked up anywhere; the store keeps only the hash of all of it.
 */
export function newAgentToken({ tenant, swarmId, agentId }: AgentTokenOwner): string {
  return [PREFIX, tenant, swarmId, agentId, randomBytes(SECRET_BYTES).toString('base64url')].join('.')
}

/** Whose token it says it is; undefined where it is none. It proves nothing before its hash was compared. */
export function agentTokenOwner(token: string): AgentTokenOwner | undefined {
  const [prefix, tenant = '', swarm = '', agent = '', secret, ...more] = token.split('.')
  if (prefix !== PREFIX || secret === undefined || more.length > 0) return undefined
  try {
    return { tenant: tenantId(tenant), swarmId: swarmId(swarm), agentId: agentId(agent) }
  } catch {
    return undefined
  }
}
