import type { Access } from '#contract/operations/operation.ts'
import { RequestError } from '../problem/request-error.ts'
import { hasRole, type Principal, type Role } from './principal.ts'

/** What of a request decides whether its caller may make it. */
export interface Target {
  readonly swarmId?: string | undefined
  readonly agentId?: string | undefined
}

/** @throws RequestError `forbidden` */
export function authorize(principal: Principal, access: Exclude<Access, 'public'>, target: Target): void {
  const isAllowed =
    principal.kind === 'agent' ? mayAgent(principal, access, target) : hasRole(principal, ROLE_FOR[access])
  if (!isAllowed) throw new RequestError('forbidden', `This needs ${needed(access)}.`)
}

/** An agent reads its own swarm and acts for itself. */
function mayAgent(principal: Extract<Principal, { kind: 'agent' }>, access: Access, target: Target): boolean {
  if (target.swarmId !== principal.swarmId) return false
  if (access === 'viewer') return true
  return isForAgents(access) && (target.agentId === undefined || target.agentId === principal.agentId)
}

/** The least role that may do what agents may. */
const ROLE_FOR = {
  viewer: 'viewer',
  agent: 'operator',
  participant: 'submitter',
  submitter: 'submitter',
  operator: 'operator',
  admin: 'admin',
} as const satisfies Record<Exclude<Access, 'public'>, Role>

function isForAgents(access: Access): boolean {
  return access === 'agent' || access === 'participant'
}

function needed(access: Access): string {
  if (access === 'participant') return 'the token of an agent or the role submitter'
  return access === 'agent' ? "the agent's own token or the role operator" : `the role ${access}`
}
