import type { FastifyInstance } from 'fastify'
import type { Liveness, Readiness } from '#contract/health.ts'
import { SYSTEM_OPERATIONS } from '#contract/operations/system-operations.ts'
import type { SwarmStore } from '#domain/ports/swarm-store.ts'
import type { ServerOptions } from '../server-options.ts'
import type { OpenSockets } from '../sockets/open-sockets.ts'
import { routeOperation } from './route-operation.ts'

export interface HealthRoutesModules {
  readonly store: Pick<SwarmStore, 'status'>
  readonly sockets: OpenSockets
  readonly isStarting?: () => boolean
}

export function healthRoutes(
  app: FastifyInstance,
  { nodeId, version }: Pick<ServerOptions, 'nodeId' | 'version'>,
  { store, sockets, isStarting = () => false }: HealthRoutesModules,
): void {
  const { getLiveness, getReadiness } = SYSTEM_OPERATIONS

  routeOperation(app, getLiveness, async (): Promise<Liveness> => ({ status: 'live' }))

  routeOperation(app, getReadiness, async (_request, reply): Promise<Readiness> => {
    const { isWritable, reason, durability, damagedCount } = store.status()
    const reasons = [
      ...(isStarting() ? ['the server is starting'] : []),
      ...(sockets.isDrainAnnounced ? ['the server is shutting down'] : []),
      ...(isWritable ? [] : [reason ?? 'the store cannot be written']),
    ]
    reply.code(reasons.length === 0 ? 200 : 503).header('cache-control', 'no-store')
    return {
      status: reasons.length === 0 ? 'ready' : 'not_ready',
      reasons,
      durability,
      ...(damagedCount === undefined ? {} : { damagedRecordCount: damagedCount }),
      nodeId,
      version,
    }
  })
}
