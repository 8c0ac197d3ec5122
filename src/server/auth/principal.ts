import { ROLES, type Role } from '#contract/operations/access.ts'
import type { AgentId, SwarmId, TenantId } from '#domain/model/ids.ts'

/** Who makes a request, as far as its credential proves it. The tenant comes from here and from nowhere else. */
export type Principal = (ClientPrincipal | AgentPrincipal) & Proof

export interface ClientPrincipal {
  readonly kind: 'client'
  readonly name: string
  readonly tenant: TenantId
  /** Undefined for a key that only monitors. */
  readonly role: Role | undefined
  /** Whether it may read the metrics of the whole node, which are sums over all tenants. */
  readonly isMonitor: boolean
}

export interface AgentPrincipal {
  readonly kind: 'agent'
  readonly tenant: TenantId
  readonly swarmId: SwarmId
  readonly agentId: AgentId
}

export interface Proof {
  /** SHA-256 of the credential, by which it can be looked up again; undefined where the server needs none. */
  readonly credentialHash: string | undefined
  /** How many changes of credentials the server knew of when it looked the credential up. */
  readonly provedAt: number
}

export function hasRole(principal: Principal, role: Role): boolean {
  return (
    principal.kind === 'client' &&
    principal.role !== undefined &&
    ROLES.indexOf(principal.role) >= ROLES.indexOf(role)
  )
}

/** A name for a principal that tells it from all others. */
export function principalKey(principal: Principal): string {
  return principal.kind === 'client'
    ? `client/${principal.tenant}/${principal.name}`
    : `agent/${principal.tenant}/${principal.swarmId}/${principal.agentId}`
}
