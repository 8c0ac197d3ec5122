import type { FastifyInstance } from 'fastify'
import { SwarmError } from '#domain/errors.ts'
import type { SwarmStore } from '#domain/ports/swarm-store.ts'

const RETRY_AFTER_MS = 1_000

/**
 * Where the store cannot be read, what memory still holds may not be what is kept: every request gets 503, except those
 * that ask how the server is doing.
 */
export function refuseUnreadableStore(
  app: FastifyInstance,
  { store }: { readonly store: Pick<SwarmStore, 'status'> },
): void {
  app.addHook('onRequest', async (request) => {
    const { access, operationId } = request.routeOptions.config
    if (request.is404 || access === 'public' || operationId === 'getMetrics') return
    const { isReadable = true, reason = 'it cannot be read' } = store.status()
    if (!isReadable) throw new SwarmError('store_unavailable', { reason, retryAfterMs: RETRY_AFTER_MS })
  })
}
