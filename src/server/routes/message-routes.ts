import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { MessageSent } from '#contract/message.ts'
import { MESSAGE_OPERATIONS } from '#contract/operations/message-operations.ts'
import { agentId, swarmId } from '#domain/model/ids.ts'
import type { SwarmService } from '#domain/orchestration/swarm-service.ts'
import type { Ids } from '#domain/ports/random.ts'
import { callerOf } from '../auth/auth-hooks.ts'
import { senderOf } from '../auth/sender.ts'
import { opaqueText } from '../input/opaque-json.ts'
import type { PageTokens } from '../paging/page-tokens.ts'
import type { Swarms } from '../swarms.ts'
import { inboxPageText } from '../views/message-view.ts'
import { topologyView } from '../views/topology-view.ts'
import { routeOperation, sendJsonText } from './route-operation.ts'
import { sendRequest } from './send-request.ts'

export interface MessageRoutesModules {
  readonly swarms: Swarms
  readonly pageTokens: PageTokens
  readonly ids: Ids
}

interface SwarmRequest extends FastifyRequest {
  readonly params: { readonly swarmId: string }
}

export function messageRoutes(app: FastifyInstance, { swarms, pageTokens, ids }: MessageRoutesModules): void {
  const { sendMessage, getMessageMetrics, readInbox, acknowledgeInbox, getTopology } = MESSAGE_OPERATIONS

  async function serviceFor(request: SwarmRequest): Promise<SwarmService> {
    return (await swarms.open(callerOf(request).tenant, swarmId(request.params.swarmId))).service
  }

  routeOperation(app, sendMessage, async (request, reply): Promise<MessageSent> => {
    const { from: named, payload, ...message } = request.body
    const from = senderOf(request, named)
    const sent = sendRequest(message, opaqueText(payload, 'payload'), { from }, ids)
    const service = await serviceFor(request)
    const { path, ...rest } = await service.messages.send(sent)
    reply.code(202)
    return { ...rest, path: [...path] }
  })

  routeOperation(app, getMessageMetrics, async (request) => {
    const service = await serviceFor(request)
    return { counts: await service.messages.counts() }
  })

  routeOperation(app, readInbox, async (request, reply) => {
    const { pageSize, pageToken } = request.query
    const { swarmId: swarm, agentId: agent } = request.params
    const list = ['inbox', callerOf(request).tenant, swarm, agent]
    const service = await serviceFor(request)
    const records = await service.messages.inbox({
      agentId: agentId(agent),
      after: Number(pageTokens.redeem(pageToken, list) ?? 0),
      countMax: pageSize,
    })
    const last = records.length < pageSize ? undefined : records.at(-1)
    const next = last === undefined ? undefined : pageTokens.issue(String(last.position), list)
    return sendJsonText(reply, inboxPageText(records, next))
  })

  routeOperation(app, acknowledgeInbox, async (request) => {
    const service = await serviceFor(request)
    const { messageIds } = request.body
    const acknowledgedCount = await service.messages.acknowledge({
      agentId: agentId(request.params.agentId),
      messageIds,
    })
    return { acknowledgedCount }
  })

  routeOperation(app, getTopology, async (request) => {
    const service = await serviceFor(request)
    return topologyView(await service.topology.view())
  })
}
