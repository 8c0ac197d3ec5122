import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { OPERATIONS } from '#contract/operations/all-operations.ts'
import type { Logger } from '#domain/ports/logger.ts'
import { problemOf } from './problem.ts'
import { RequestError } from './request-error.ts'

const PROBLEM_TYPE = 'application/problem+json; charset=utf-8'
/** Of the address in `instance`. */
const INSTANCE_LENGTH_MAX = 512

/** Answers every error as a problem document, unknown addresses and methods included. */
export function answerProblems(app: FastifyInstance, { logger }: { readonly logger: Logger }): void {
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply, logger))
  app.setNotFoundHandler((request, reply) => sendProblem(nothingHere(request, reply), request, reply, logger))
}

export function sendProblem(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  logger: Logger,
): FastifyReply {
  const body = problemOf(error)
  if (body.code === 'internal_error') {
    logger.error({ err: error, method: request.method, url: request.url }, 'request failed')
  }
  if (body.retryAfterMs !== undefined) {
    reply.header('retry-after', Math.max(1, Math.ceil(body.retryAfterMs / 1_000)))
  }
  if (body.status === 401) reply.header('www-authenticate', 'Bearer realm="amos"')
  const instance = request.url.slice(0, INSTANCE_LENGTH_MAX)
  // As text: objects would be serialised by the schema of the route's replies, of which a problem is none.
  return reply
    .code(body.status)
    .header('content-type', PROBLEM_TYPE)
    .send(JSON.stringify({ ...body, instance }))
}

const methodsByPath = new Map<string, string[]>()
for (const { path, method } of OPERATIONS) {
  methodsByPath.set(path, [...(methodsByPath.get(path) ?? []), method])
}
const KNOWN_PATHS = [...methodsByPath].map(([path, methods]) => ({
  pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}/?$`),
  methods,
}))

function nothingHere(request: FastifyRequest, reply: FastifyReply): RequestError {
  const [path = ''] = request.url.split('?')
  const known = KNOWN_PATHS.find(({ pattern }) => pattern.test(path))
  if (known === undefined)
    return new RequestError('not_found', 'There is nothing at this address; see /docs.')
  reply.header('allow', known.methods.join(', '))
  return new RequestError('method_not_allowed', `This address takes ${known.methods.join(' and ')} only.`)
}
