import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { RoundEnd } from '#contract/learning-models.ts'
import { MODEL_OPERATIONS } from '#contract/operations/model-operations.ts'
import type { OpenSwarm } from '#domain/cluster/open-swarm.ts'
import type { CloseRoundRequest } from '#domain/intelligence/learning/rounds/round-requests.ts'
import { agentId, swarmId } from '#domain/model/ids.ts'
import { callerOf } from '../auth/auth-hooks.ts'
import { senderOf } from '../auth/sender.ts'
import { areFinite, bytesOfBody, piecesOf, sha256Of } from '../input/number-bytes.ts'
import { RequestError } from '../problem/request-error.ts'
import { roundView } from '../views/model-view.ts'
import type { ModelRoutesModules } from './model-routes.ts'
import { routeOperation } from './route-operation.ts'

interface SwarmRequest extends FastifyRequest {
  readonly params: { readonly swarmId: string }
}

export function roundRoutes(app: FastifyInstance, { swarms, ids }: ModelRoutesModules): void {
  const { openRound, listRounds, getRound, sendUpdate, declineRound } = MODEL_OPERATIONS

  const swarmOf = (request: SwarmRequest): Promise<OpenSwarm> =>
    swarms.open(callerOf(request).tenant, swarmId(request.params.swarmId))

  routeOperation(app, openRound, async (request, reply) => {
    const { agentId: named, agentIds, aggregator, clientsMin, parameters, ...body } = request.body
    const { service } = await swarmOf(request)
    const round = await service.learning.openRound({
      ...body,
      roundId: ids.next(),
      settings: { aggregator, clientsMin, parameters },
      agentId: senderOf(request, named),
      ...(agentIds === undefined ? {} : { agentIds: agentIds.map(agentId) }),
    })
    reply.code(201)
    return roundView(round)
  })

  routeOperation(app, listRounds, async (request) => {
    const { learning } = await swarmOf(request)
    return { rounds: (await learning.rounds()).map(roundView) }
  })

  routeOperation(app, getRound, async (request) => {
    const { learning } = await swarmOf(request)
    return roundView(await learning.round(request.params.roundId))
  })

  routeOperation(app, sendUpdate, async (request, reply) => {
    const { roundId, agentId: agent } = request.params
    const { baseVersion, sampleCount, loss } = request.query
    const bytes = bytesOfBody(request.body)
    const { service, learning } = await swarmOf(request)
    const { model } = await learning.round(roundId)
    const { format } = await learning.model(model)
    const blobId = ids.next()
    for (const piece of piecesOf(blobId, bytes)) await service.learning.writeChunk(piece)
    const round = await service.learning.submitUpdate({
      roundId,
      agentId: agentId(agent),
      baseVersion,
      weight: sampleCount,
      sha256: sha256Of(bytes),
      blobId,
      metrics: loss === undefined ? {} : { loss },
      ...(areFinite(bytes, format) ? {} : { problem: 'not_finite' }),
    })
    reply.code(202)
    return roundView(round)
  })

  routeOperation(app, declineRound, async (request) => {
    const { roundId, agentId: agent } = request.params
    const { service } = await swarmOf(request)
    return roundView(await service.learning.declineRound({ roundId, agentId: agentId(agent) }))
  })

  endRoutes(app, swarmOf)
}

/** The orders that end a round. */
function endRoutes(app: FastifyInstance, swarmOf: (request: SwarmRequest) => Promise<OpenSwarm>): void {
  const { closeRound, cancelRound } = MODEL_OPERATIONS
  for (const [operation, order] of [
    [closeRound, 'close'],
    [cancelRound, 'cancel'],
  ] as const) {
    routeOperation(app, operation, async (request) => {
      const fence = fenceOf(request, request.body)
      const { service } = await swarmOf(request)
      return roundView(await service.learning.endRound({ roundId: request.params.roundId, order, fence }))
    })
  }
}

/** Agents order under a leadership; clients that may order at all are operators or submitters. */
function fenceOf(
  request: SwarmRequest,
  { agentId: named, leadership }: RoundEnd,
): CloseRoundRequest['fence'] {
  const from = senderOf(request, named)
  if (from === undefined) return undefined
  if (leadership === undefined)
    throw new RequestError('validation_failed', 'An agent names the leadership under which it orders.')
  return { agentId: from, electorateEpoch: leadership.epoch, term: leadership.term }
}
