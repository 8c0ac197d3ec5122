import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from 'fastify'
import { opaqueShapeOf } from '#contract/json/opaque-shape.ts'
import { LIMITS } from '#contract/limits.ts'
import type { BodyOf, HeadersOf, OperationShape, ParamsOf, QueryOf } from '#contract/operations/operation.ts'
import { callerOf } from '../auth/auth-hooks.ts'
import { authorizeFields } from '../auth/authorize.ts'

export type OperationRequest<O extends OperationShape> = FastifyRequest<{
  Params: ParamsOf<O>
  Querystring: QueryOf<O>
  Headers: HeadersOf<O>
  Body: BodyOf<O>
}>

export type OperationHandler<O extends OperationShape> = (
  request: OperationRequest<O>,
  reply: FastifyReply,
) => Promise<unknown>

const JSON_TYPE = 'application/json; charset=utf-8'

/** Routes an operation of the contract to its handler: address, checks and access all come from the contract. */
export function routeOperation<O extends OperationShape>(
  app: FastifyInstance,
  operation: O,
  handle: OperationHandler<O>,
  options: { readonly answerWithinMs?: number } = {},
): void {
  const { operationId, method, path, access, isBodyOptional, bodyBytesMax = LIMITS.bodyBytesMax } = operation
  const opaque = operation.body === undefined ? undefined : opaqueShapeOf(operation.body)
  app.route({
    method,
    url: path.replaceAll(/\{(\w+)\}/g, ':$1'),
    schema: schemaOf(operation),
    config: {
      access,
      operationId,
      ...(opaque === undefined ? {} : { opaque }),
      ...(operation.bytes === undefined ? {} : { takesBytes: true }),
    },
    bodyLimit: bodyBytesMax,
    ...(options.answerWithinMs === undefined ? {} : { handlerTimeout: options.answerWithinMs }),
    ...(isBodyOptional === true ? { preValidation: fillInBody } : {}),
    // The validator has made the request what the contract says it is.
    handler: async (request, reply) => {
      const { fieldAccess } = operation
      if (fieldAccess !== undefined) authorizeFields(callerOf(request), fieldAccess, request.body)
      return handle(request as OperationRequest<O>, reply)
    },
  })
}

/** Answers with JSON text that was put together already. */
export function sendJsonText(reply: FastifyReply, text: string): FastifyReply {
  return reply.header('content-type', JSON_TYPE).send(text)
}

function schemaOf({ params, query, headers, body }: OperationShape): FastifySchema {
  return {
    ...(params === undefined ? {} : { params }),
    ...(query === undefined ? {} : { querystring: query }),
    ...(headers === undefined ? {} : { headers }),
    ...(body === undefined ? {} : { body }),
  }
}

async function fillInBody(request: FastifyRequest): Promise<void> {
  request.body ??= {}
}
