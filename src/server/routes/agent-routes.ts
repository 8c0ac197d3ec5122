import type { FastifyInstance } from 'fastify'
import type { AgentPage, AgentRegistered } from '#contract/agent.ts'
import { AGENT_OPERATIONS } from '#contract/operations/agent-operations.ts'
import type { AgentSpec } from '#domain/model/agent-record.ts'
import { publicKey, signature } from '#domain/model/hex.ts'
import { agentId, swarmId } from '#domain/model/ids.ts'
import type { Ids } from '#domain/ports/random.ts'
import { newAgentToken } from '../auth/agent-token.ts'
import { callerOf } from '../auth/auth-hooks.ts'
import { secretHash } from '../auth/secret-hash.ts'
import { pageEnd } from '../paging/page-end.ts'
import type { PageTokens } from '../paging/page-tokens.ts'
import { invalidField } from '../problem/request-error.ts'
import type { Swarms } from '../swarms.ts'
import { agentView } from '../views/agent-view.ts'
import { pageRequest } from './cancellation.ts'
import { etagOf, expectedVersion } from './etag.ts'
import { routeOperation } from './route-operation.ts'

export interface AgentRoutesModules {
  readonly swarms: Swarms
  readonly pageTokens: PageTokens
  readonly ids: Ids
}

export function agentRoutes(app: FastifyInstance, modules: AgentRoutesModules): void {
  routeRegistration(app, modules)
  routeAgents(app, modules)
}

function routeRegistration(app: FastifyInstance, { swarms, ids }: AgentRoutesModules): void {
  routeOperation(app, AGENT_OPERATIONS.registerAgent, async (request, reply): Promise<AgentRegistered> => {
    const { agentId: wantedId, replace, isReturning, voterKey, ...spec } = request.body
    refuseRepeatedNames(spec.capabilities)
    const owner = {
      tenant: callerOf(request).tenant,
      swarmId: swarmId(request.params.swarmId),
      agentId: agentId(wantedId ?? ids.next()),
    }
    const { service } = await swarms.open(owner.tenant, owner.swarmId)
    const token = newAgentToken(owner)
    const record = await service.agents.register({
      agentId: owner.agentId,
      spec,
      tokenHash: secretHash(token),
      isNew: !replace,
      isReturning,
      ...(voterKey === undefined ? {} : { voterKey: keyClaim(voterKey) }),
    })
    reply.code(201).header('location', `/v1/swarms/${owner.swarmId}/agents/${owner.agentId}`)
    return { ...agentView(record), token }
  })
}

function routeAgents(app: FastifyInstance, { swarms, pageTokens }: AgentRoutesModules): void {
  const { listAgents, getAgent, updateAgent, deregisterAgent } = AGENT_OPERATIONS

  routeOperation(app, listAgents, async (request, reply): Promise<AgentPage> => {
    const { tenant } = callerOf(request)
    const { pageSize, pageToken, ...filter } = request.query
    const { reader } = await swarms.open(tenant, swarmId(request.params.swarmId))
    const list = ['agents', tenant, request.params.swarmId, filter.status, filter.capability, filter.label]
    const page = await reader.agents(filter, pageRequest(reply, pageSize, pageTokens.redeem(pageToken, list)))
    const agents = page.items.map(agentView)
    return {
      agents,
      ...pageEnd(page, list, pageTokens),
    }
  })

  routeOperation(app, getAgent, async (request, reply) => {
    const { reader } = await swarms.open(callerOf(request).tenant, swarmId(request.params.swarmId))
    const { value, version } = await reader.storedAgent(agentId(request.params.agentId))
    reply.header('etag', etagOf(version))
    return agentView(value)
  })

  routeOperation(app, updateAgent, async (request, reply) => {
    const { isDraining, isQuarantined, ...spec } = request.body
    refuseRepeatedNames(spec.capabilities ?? [])
    const caller = callerOf(request)
    const { service, reader } = await swarms.open(caller.tenant, swarmId(request.params.swarmId))
    const id = agentId(request.params.agentId)
    await service.agents.patch({
      agentId: id,
      ...(caller.kind === 'agent' ? { askedBy: 'agent' } : {}),
      spec: spec satisfies Partial<AgentSpec>,
      ...(isDraining === undefined ? {} : { isDraining }),
      ...(isQuarantined === undefined ? {} : { isQuarantined }),
      ...expectedVersion(request.headers),
    })
    // Read together, so that the tag is that of the state in the answer.
    const { value, version } = await reader.storedAgent(id)
    reply.header('etag', etagOf(version))
    return agentView(value)
  })

  routeOperation(app, deregisterAgent, async (request, reply) => {
    const { service } = await swarms.open(callerOf(request).tenant, swarmId(request.params.swarmId))
    const record = await service.agents.deregister({ agentId: agentId(request.params.agentId) })
    reply.code(202)
    return agentView(record)
  })
}

function keyClaim(claim: { readonly publicKey: string; readonly proof: string }) {
  // The contract's patterns are the domain's, so that these cannot throw.
  return { publicKey: publicKey(claim.publicKey), proof: signature(claim.proof) }
}

/** Two proficiencies for one capability would leave open which counts. */
function refuseRepeatedNames(capabilities: readonly { readonly name: string }[]): void {
  const names = new Set<string>()
  for (const [index, { name }] of capabilities.entries()) {
    if (names.has(name)) throw invalidField('body', `/capabilities/${index}/name`, `repeats ${name}`)
    names.add(name)
  }
}
