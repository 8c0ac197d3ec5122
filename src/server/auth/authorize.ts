import { type Access, isForAgents, LEAST_ROLE } from '#contract/operations/access.ts'
import { RequestError } from '../problem/request-error.ts'
import { hasRole, type Principal } from './principal.ts'

/** What of a request decides whether its caller may make it. */
export interface Target {
  readonly swarmId?: string | undefined
  readonly agentId?: string | undefined
}

/** @throws RequestError `forbidden` */
export function authorize(principal: Principal, access: Exclude<Access, 'public'>, target: Target): void {
  if (!isAllowed(principal, access, target))
    throw new RequestError('forbidden', `This needs ${needed(access)}.`)
}

/** @throws RequestError `forbidden` for the first field of the body that the caller may not send */
export function authorizeFields(
  principal: Principal,
  fieldAccess: Readonly<Record<string, Exclude<Access, 'public'>>>,
  body: unknown,
): void {
  for (const [field, access] of Object.entries(fieldAccess)) {
    if (!Object.hasOwn(body as object, field) || isAllowed(principal, access, {})) continue
    throw new RequestError('forbidden', `The field ${field} needs ${needed(access)}.`)
  }
}

function isAllowed(principal: Principal, access: Exclude<Access, 'public'>, target: Target): boolean {
  if (principal.kind === 'agent') return mayAgent(principal, access, target)
  return hasRole(principal, LEAST_ROLE[access]) || (access === 'monitor' && principal.isMonitor)
}

/** An agent reads its own swarm and acts for itself. */
function mayAgent(principal: Extract<Principal, { kind: 'agent' }>, access: Access, target: Target): boolean {
  if (target.swarmId !== principal.swarmId) return false
  if (access === 'viewer') return true
  return isForAgents(access) && (target.agentId === undefined || target.agentId === principal.agentId)
}

function needed(access: Access): string {
  if (access === 'participant') return 'the token of an agent or the role submitter'
  if (access === 'monitor') return 'the role viewer or monitor'
  return access === 'agent' ? "the agent's own token or the role operator" : `the role ${access}`
}
