import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { WebSocket } from 'ws'
import { AgentParams } from '#contract/operations/common.ts'
import { agentId, type NodeId, sessionId, swarmId } from '#domain/model/ids.ts'
import type { Logger } from '#domain/ports/logger.ts'
import type { Ids } from '#domain/ports/random.ts'
import type { Turns } from '#domain/ports/turns.ts'
import { authorize, type Target } from '../auth/authorize.ts'
import type { Entrance } from '../auth/entrance.ts'
import { type Hold, holdLatest, type OpenAccess } from '../auth/open-access.ts'
import type { Principal } from '../auth/principal.ts'
import { tokenHashOf } from '../auth/token-hash-of.ts'
import type { ServerMetrics } from '../metrics/server-metrics.ts'
import { RequestError } from '../problem/request-error.ts'
import { FrameSocket } from '../sockets/frame-socket.ts'
import { authenticateUpgrade } from '../sockets/handshake.ts'
import type { OpenSockets } from '../sockets/open-sockets.ts'
import type { Swarms } from '../swarms.ts'
import { type Admission, AgentChannel } from './agent-channel.ts'
import type { SessionRegistry } from './session-registry.ts'

export interface ChannelRouteModules {
  readonly swarms: Swarms
  readonly sessions: SessionRegistry
  readonly sockets: OpenSockets
  readonly entrance: Entrance
  readonly openAccess: OpenAccess
  readonly metrics: ServerMetrics
  readonly turns: Turns
  readonly ids: Ids
  readonly logger: Logger
}

/** Of a frame, in small requests. */
const FRAME_COST = 1 / 16

/** The agents' WebSocket. */
export function channelRoute(app: FastifyInstance, nodeId: NodeId, modules: ChannelRouteModules): void {
  const { swarms, entrance, sockets } = modules
  app.route({
    method: 'GET',
    url: '/v1/swarms/:swarmId/agents/:agentId/channel',
    schema: { params: AgentParams, hide: true },
    config: { access: 'handshake' },
    preHandler: async (request) => {
      if (!request.ws) throw new RequestError('upgrade_required', 'Open a WebSocket here; see asyncapi.json.')
      sockets.refuseWhileDraining()
      request.caller = await authenticateUpgrade(request, entrance)
      if (request.caller !== null) await admit(request.caller, request.params as Target, swarms)
    },
    handler: async () => undefined,
    wsHandler: (socket, request) => openChannel(socket, request, nodeId, modules),
  })
}

function openChannel(
  socket: WebSocket,
  request: FastifyRequest,
  nodeId: NodeId,
  { swarms, sessions, sockets, entrance, openAccess, metrics, turns, ids, logger }: ChannelRouteModules,
): void {
  // Taken out of the request, which the connection would otherwise keep for as long as it lives.
  const { caller } = request
  const tcp = request.raw.socket
  let tenant = caller?.tenant
  const params = request.params as { readonly swarmId: string; readonly agentId: string }
  const frameSocket = new FrameSocket(socket, {
    onMessage: (data, isBinary) => channel.receive(data, isBinary),
    onClose: () => {
      channel.closed()
      authority.release()
      forget()
    },
  })
  const channel = new AgentChannel(
    {
      nodeId,
      sessionId: sessionId(ids.next()),
      swarmId: swarmId(params.swarmId),
      agentId: agentId(params.agentId),
    },
    {
      socket: frameSocket,
      sessions,
      ids,
      logger,
      admit: async (token) => {
        const shown =
          caller === null || token !== undefined ? await entrance.authenticate(tcp, token) : caller
        authority.holdFor(shown)
        tenant = shown.tenant
        return admit(shown, params, swarms)
      },
      enterTurn: () => (tenant === undefined ? undefined : turns.enter(tenant, FRAME_COST)),
      onFrame: (type) => metrics.frameReceived('channel', type),
    },
  )
  const authority: Hold = holdLatest(openAccess, {
    access: 'agent',
    target: params,
    end: (error) => channel.endFor(error),
    agentReplaced: () => channel.closeFor('the agent was registered anew'),
  })
  if (caller !== null) authority.holdFor(caller)
  const forget = sockets.add('channel', frameSocket, channel)
}

/** The service of the swarm, if its caller may act for the agent. */
async function admit(caller: Principal, target: Target, swarms: Swarms): Promise<Admission> {
  authorize(caller, 'agent', target)
  const { service } = await swarms.open(caller.tenant, swarmId(target.swarmId ?? ''))
  return { service, ...tokenHashOf(caller) }
}
