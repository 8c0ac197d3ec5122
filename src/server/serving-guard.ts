import type { FastifyInstance } from 'fastify'
import { SwarmError } from '#domain/model/errors.ts'
import type { SwarmStore } from '#domain/ports/swarm-store.ts'
import { RequestError } from './problem/request-error.ts'

const RETRY_AFTER_MS = 1_000

export interface ServingGuardModules {
  readonly store: Pick<SwarmStore, 'status'>
  /** Whether the swarms are not served yet; false by default. */
  readonly isStarting?: () => boolean
}

/**
 * Answers 503 to every request, except those that ask how the server is doing, while the server starts, and where the
 * store cannot be read: what memory still holds may then not be what is kept.
 */
export function refuseWhileNotServing(
  app: FastifyInstance,
  { store, isStarting = () => false }: ServingGuardModules,
): void {
  app.addHook('onRequest', async (request) => {
    const { access, operationId } = request.routeOptions.config
    if (request.is404 || access === 'public' || operationId === 'getMetrics') return
    if (isStarting())
      throw new RequestError('starting', 'The server is starting; try again.', {
        retryAfterMs: RETRY_AFTER_MS,
      })
    const { isReadable = true, reason = 'it cannot be read' } = store.status()
    if (!isReadable) throw new SwarmError('store_unavailable', { reason, retryAfterMs: RETRY_AFTER_MS })
  })
}
