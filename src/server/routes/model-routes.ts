import type { FastifyInstance, FastifyRequest } from 'fastify'
import { LIMITS } from '#contract/limits.ts'
import { MODEL_OPERATIONS } from '#contract/operations/model-operations.ts'
import type { OpenSwarm } from '#domain/cluster/open-swarm.ts'
import { NUMBER_BYTES } from '#domain/intelligence/learning/models/model-record.ts'
import { SwarmError } from '#domain/model/errors.ts'
import { swarmId } from '#domain/model/ids.ts'
import type { Ids } from '#domain/ports/random.ts'
import { callerOf } from '../auth/auth-hooks.ts'
import { senderOf } from '../auth/sender.ts'
import { areFinite, bytesOfBody, piecesOf } from '../input/number-bytes.ts'
import type { Swarms } from '../swarms.ts'
import { modelView } from '../views/model-view.ts'
import { routeOperation } from './route-operation.ts'

export interface ModelRoutesModules {
  readonly swarms: Swarms
  readonly ids: Ids
}

interface SwarmRequest extends FastifyRequest {
  readonly params: { readonly swarmId: string }
}

const BYTES_TYPE = 'application/octet-stream'

export function modelRoutes(app: FastifyInstance, { swarms, ids }: ModelRoutesModules): void {
  const { createModel, listModels, addModelVersion, readModelVersion, rollBackModel, evaluateModel } =
    MODEL_OPERATIONS

  const swarmOf = (request: SwarmRequest): Promise<OpenSwarm> =>
    swarms.open(callerOf(request).tenant, swarmId(request.params.swarmId))

  routeOperation(app, createModel, async (request, reply) => {
    const { description = '', ...body } = request.body
    const { model, shape, format } = body
    const bytes = shape.reduce((product, size) => product * size, NUMBER_BYTES[format])
    if (bytes > LIMITS.modelBytesMax)
      throw new SwarmError('model_unsound', {
        model,
        reason: `it has ${bytes} bytes, more than ${LIMITS.modelBytesMax}`,
      })
    const { service } = await swarmOf(request)
    reply.code(201)
    return modelView(await service.learning.createModel({ ...body, description }))
  })

  routeOperation(app, listModels, async (request) => {
    const { learning } = await swarmOf(request)
    return { models: (await learning.models()).map(modelView) }
  })

  routeOperation(app, addModelVersion, async (request, reply) => {
    const { model } = request.params
    const bytes = bytesOfBody(request.body)
    const { service, learning } = await swarmOf(request)
    const { format } = await learning.model(model)
    if (!areFinite(bytes, format)) throw new SwarmError('model_unsound', { model, reason: 'not_finite' })
    const blobId = ids.next()
    for (const piece of piecesOf(blobId, bytes)) await service.learning.writeChunk(piece)
    reply.code(201)
    return modelView(await service.learning.addVersion({ model, blobId }))
  })

  routeOperation(app, readModelVersion, async (request, reply) => {
    const { learning } = await swarmOf(request)
    const model = await learning.model(request.params.model)
    const { version: asked } = request.params
    const version = asked === 'current' ? model.currentVersion : Number(asked)
    const pieces = await learning.pieces(model, version)
    const bytes = Buffer.concat(pieces.map((text) => Buffer.from(text, 'base64')))
    return reply
      .header('content-type', BYTES_TYPE)
      .header('x-model-version', version)
      .header('x-model-format', model.format)
      .send(bytes)
  })

  routeOperation(app, rollBackModel, async (request) => {
    const { service } = await swarmOf(request)
    const { version } = request.body
    return modelView(await service.learning.rollBack({ model: request.params.model, version }))
  })

  routeOperation(app, evaluateModel, async (request) => {
    const { agentId, ...evaluation } = request.body
    const evaluator = senderOf(request, agentId) ?? 'client'
    const { service, learning } = await swarmOf(request)
    const { model, version: asked } = request.params
    const version = asked === 'current' ? (await learning.model(model)).currentVersion : Number(asked)
    return modelView(await service.learning.evaluate({ ...evaluation, model, version, evaluator }))
  })
}
