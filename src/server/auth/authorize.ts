import type { Access } from '#contract/operations/operation.ts'
import { RequestError } from '../problem/request-error.ts'
import { hasRole, type Principal } from './principal.ts'

/** What of a request decides whether its caller may make it. */
export interface Target {
  readonly swarmId?: string | undefined
  readonly agentId?: string | undefined
}

/** @throws RequestError `forbidden` */
export function authorize(principal: Principal, access: Exclude<Access, 'public'>, target: Target): void {
  const isAllowed =
    principal.kind === 'agent'
      ? mayAgent(principal, access, target)
      : hasRole(principal, access === 'agent' ? 'operator' : access)
  if (!isAllowed) throw new RequestError('forbidden', `This needs ${needed(access)}.`)
}

/** An agent reads its own swarm and acts for itself. */
function mayAgent(principal: Extract<Principal, { kind: 'agent' }>, access: Access, target: Target): boolean {
  if (target.swarmId !== principal.swarmId) return false
  if (access === 'viewer') return true
  return access === 'agent' && (target.agentId === undefined || target.agentId === principal.agentId)
}

function needed(access: Access): string {
  return access === 'agent' ? "the agent's own token or the role operator" : `the role ${access}`
}
