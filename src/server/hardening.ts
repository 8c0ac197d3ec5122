import type { Server } from 'node:http'
import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import underPressure from '@fastify/under-pressure'
import type { FastifyHttpOptions, FastifyInstance } from 'fastify'
import { LIMITS } from '#contract/limits.ts'
import { principalKey } from './auth/principal.ts'
import { answerClientError } from './problem/client-errors.ts'
import { RequestError } from './problem/request-error.ts'
import type { ServerOptions } from './server-options.ts'

const KIB = 1024
/** How long a connection without a request is kept; clients are told. */
export const KEEP_ALIVE_TIMEOUT_MS = 5_000

/** Limits on what one peer can make the server hold, wait for or read. */
export const HARDENED: FastifyHttpOptions<Server> = {
  bodyLimit: LIMITS.bodyBytesMax,
  requestTimeout: 10_000,
  connectionTimeout: 30_000,
  keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
  handlerTimeout: 15_000,
  http: { headersTimeout: 5_000, connectionsCheckingInterval: 1_000, maxHeaderSize: 8 * KIB },
  onProtoPoisoning: 'error',
  onConstructorPoisoning: 'error',
  requestIdHeader: false,
  trustProxy: false,
  return503OnClosing: true,
  forceCloseConnections: true,
  routerOptions: { maxParamLength: 768, ignoreTrailingSlash: true },
  clientErrorHandler: (error, socket) => answerClientError(error, socket),
}

type HardeningOptions = Pick<ServerOptions, 'allowedOrigins' | 'requestsPerSecondMax' | 'eventLoopDelayMaxMs'>

/** What a browser is told, and what happens when there is too much of everything. */
export async function hardenReplies(app: FastifyInstance, options: HardeningOptions): Promise<void> {
  const { allowedOrigins, eventLoopDelayMaxMs } = options
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id)
  })
  await app.register(helmet, {
    contentSecurityPolicy: {
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
      useDefaults: false,
    },
    // TLS ends at a proxy in front, if there is any.
    strictTransportSecurity: false,
  })
  await app.register(cors, {
    origin: allowedOrigins.length === 0 ? false : [...allowedOrigins],
    methods: ['GET', 'POST', 'PATCH', 'DELETE'],
    allowedHeaders: ['authorization', 'content-type', 'idempotency-key', 'if-match', 'last-event-id'],
    exposedHeaders: ['etag', 'location', 'retry-after', 'idempotency-replayed', 'x-request-id'],
  })
  await app.register(underPressure, {
    maxEventLoopDelay: eventLoopDelayMaxMs,
    pressureHandler: async (request) => {
      // Whoever watches the server needs its answers most when it is busy.
      if (request.routeOptions.config.access === 'public') return
      throw new RequestError('overloaded', 'The server is too busy to take this request.')
    },
  })
}

/** To be called after the callers are known, since each has a rate of its own. */
export async function limitRates(
  app: FastifyInstance,
  { requestsPerSecondMax }: Pick<ServerOptions, 'requestsPerSecondMax'>,
): Promise<void> {
  if (requestsPerSecondMax === 0) return
  await app.register(rateLimit, {
    max: requestsPerSecondMax,
    timeWindow: 1_000,
    hook: 'onRequest',
    keyGenerator: (request) => (request.caller === null ? request.ip : principalKey(request.caller)),
    allowList: (request) => request.routeOptions.config.access === 'public',
    addHeadersOnExceeding: {
      'x-ratelimit-limit': false,
      'x-ratelimit-remaining': false,
      'x-ratelimit-reset': false,
    },
    errorResponseBuilder: (_request, { max, ttl }) =>
      new RequestError('rate_limited', `No more than ${max} requests a second.`, { retryAfterMs: ttl }),
  })
}
