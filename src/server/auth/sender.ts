import type { FastifyRequest } from 'fastify'
import { type AgentId, agentId } from '#domain/model/ids.ts'
import { callerOf } from './auth-hooks.ts'
import { authorize } from './authorize.ts'

interface SwarmRequest extends FastifyRequest {
  readonly params: { readonly swarmId: string }
}

/** Who speaks: an agent as its token says, or the one an operator names; undefined for a client of its own. */
export function senderOf(request: SwarmRequest, named: string | undefined): AgentId | undefined {
  const caller = callerOf(request)
  if (named === undefined) return caller.kind === 'agent' ? caller.agentId : undefined
  authorize(caller, 'agent', { swarmId: request.params.swarmId, agentId: named })
  return agentId(named)
}
