import type { AgentId, SwarmId, TenantId } from '#domain/ids.ts'

export const ROLES = ['viewer', 'submitter', 'operator', 'admin'] as const
/** Each may do what those before it may. */
export type Role = (typeof ROLES)[number]

/** Who makes a request, as far as its credential proves it. The tenant comes from here and from nowhere else. */
export type Principal =
  | { readonly kind: 'client'; readonly name: string; readonly tenant: TenantId; readonly role: Role }
  | {
      readonly kind: 'agent'
      readonly tenant: TenantId
      readonly swarmId: SwarmId
      readonly agentId: AgentId
    }

export function hasRole(principal: Principal, role: Role): boolean {
  return principal.kind === 'client' && ROLES.indexOf(principal.role) >= ROLES.indexOf(role)
}

/** A name for a principal that tells it from all others. */
export function principalKey(principal: Principal): string {
  return principal.kind === 'client'
    ? `client/${principal.tenant}/${principal.name}`
    : `agent/${principal.tenant}/${principal.swarmId}/${principal.agentId}`
}
