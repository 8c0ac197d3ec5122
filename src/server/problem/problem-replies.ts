import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { OPERATIONS } from '#contract/operations/all-operations.ts'
import type { Logger } from '#domain/ports/logger.ts'
import { endRefusedUpgrade } from '../sockets/upgrades.ts'
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
    const { id: requestId, method } = request
    logger.error({ err: error, requestId, method, path: pathOf(request) }, 'request failed')
  }
  if (body.retryAfterMs !== undefined) {
    reply.header('retry-after', Math.max(1, Math.ceil(body.retryAfterMs / 1_000)))
  }
  if (body.status === 401) reply.header('www-authenticate', 'Bearer realm="amos"')
  endRefusedUpgrade(request, reply)
  // As text: objects would be serialised by the schema of the route's replies, of which a problem is none.
  return reply
    .code(body.status)
    .headers({ 'content-type': PROBLEM_TYPE, 'x-request-id': request.id })
    .send(JSON.stringify({ ...body, instance: pathOf(request), requestId: request.id }))
}

/** The path that was asked for, without its query: that may hold what is nobody else's business. */
export function pathOf({ url }: FastifyRequest): string {
  const [path = ''] = url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '').split(/[?#]/, 1)
  return path.slice(0, INSTANCE_LENGTH_MAX)
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
  const path = pathOf(request)
  const known = KNOWN_PATHS.find(({ pattern }) => pattern.test(path))
  if (known === undefined)
    return new RequestError('not_found', 'There is nothing at this address; see /docs.')
  reply.header('allow', known.methods.join(', '))
  return new RequestError('method_not_allowed', `This address takes ${known.methods.join(' and ')} only.`)
}
