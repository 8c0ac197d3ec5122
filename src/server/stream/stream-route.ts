import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { WebSocket } from 'ws'
import { SwarmParams } from '#contract/operations/common.ts'
import type { OpenSwarm } from '#domain/cluster/open-swarm.ts'
import { swarmId } from '#domain/model/ids.ts'
import type { Logger } from '#domain/ports/logger.ts'
import { authorize, type Target } from '../auth/authorize.ts'
import type { Entrance } from '../auth/entrance.ts'
import { type Hold, holdLatest, type OpenAccess } from '../auth/open-access.ts'
import type { Principal } from '../auth/principal.ts'
import type { ServerMetrics } from '../metrics/server-metrics.ts'
import { RequestError } from '../problem/request-error.ts'
import { FrameSocket } from '../sockets/frame-socket.ts'
import { authenticateUpgrade } from '../sockets/handshake.ts'
import type { OpenSockets } from '../sockets/open-sockets.ts'
import type { Swarms } from '../swarms.ts'
import { EventSubscription } from './event-subscription.ts'

export interface StreamRouteModules {
  readonly swarms: Swarms
  readonly sockets: OpenSockets
  readonly entrance: Entrance
  readonly openAccess: OpenAccess
  readonly metrics: ServerMetrics
  readonly logger: Logger
}

/** The subscribers' WebSocket. */
export function streamRoute(app: FastifyInstance, modules: StreamRouteModules): void {
  const { swarms, entrance, sockets } = modules
  app.route({
    method: 'GET',
    url: '/v1/swarms/:swarmId/stream',
    schema: { params: SwarmParams, hide: true },
    config: { access: 'handshake' },
    preHandler: async (request) => {
      if (!request.ws) throw new RequestError('upgrade_required', 'Open a WebSocket here; see asyncapi.json.')
      sockets.refuseWhileDraining()
      request.caller = await authenticateUpgrade(request, entrance)
      if (request.caller !== null) await admit(request.caller, request.params as Target, swarms)
    },
    handler: async () => undefined,
    wsHandler: (socket, request) => openSubscription(socket, request, modules),
  })
}

function openSubscription(
  socket: WebSocket,
  request: FastifyRequest,
  { swarms, sockets, entrance, openAccess, metrics, logger }: StreamRouteModules,
): void {
  // Taken out of the request, which the connection would otherwise keep for as long as it lives.
  const { caller } = request
  const tcp = request.raw.socket
  const target = request.params as Target
  const frameSocket = new FrameSocket(socket, {
    onMessage: (data, isBinary) => subscription.receive(data, isBinary),
    onClose: () => {
      subscription.closed()
      authority.release()
      forget()
    },
  })
  const subscription = new EventSubscription({
    socket: frameSocket,
    logger,
    admit: async (token) => {
      const shown = caller === null || token !== undefined ? await entrance.authenticate(tcp, token) : caller
      authority.holdFor(shown)
      return admit(shown, target, swarms)
    },
    onFrame: (type) => metrics.frameReceived('stream', type),
    onSent: (count) => metrics.eventsSent(count),
  })
  const authority: Hold = holdLatest(openAccess, {
    access: 'viewer',
    target,
    end: (error) => subscription.endFor(error),
  })
  if (caller !== null) authority.holdFor(caller)
  const forget = sockets.add('stream', frameSocket, subscription)
}

/** The swarm, if its caller may read it. */
async function admit(caller: Principal, target: Target, swarms: Swarms): Promise<OpenSwarm> {
  authorize(caller, 'viewer', target)
  return swarms.open(caller.tenant, swarmId(target.swarmId ?? ''))
}
