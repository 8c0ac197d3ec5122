import { EventEmitter } from 'node:events'
import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ConnectionGate } from '../connections/connection-gate.ts'
import { RequestError } from '../problem/request-error.ts'

/** Hands the server's upgrades on to `@fastify/websocket`, which listens to what this returns instead of the server. */
export function upgradesOf(server: Server, connections: ConnectionGate): EventEmitter {
  const upgrades = new EventEmitter()
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    connections.upgraded(socket)
    upgrades.emit('upgrade', request, socket, head)
  })
  return upgrades
}

/** Refuses an upgrade of what is no WebSocket, before anything else is done for it. */
export function refuseOtherUpgrades(app: FastifyInstance): void {
  app.addHook('onRequest', async (request) => {
    if (!request.ws) return
    const isOffered = request.routeOptions.config.access === 'handshake'
    if (isOffered && request.headers.upgrade?.toLowerCase() === 'websocket') return
    throw new RequestError('upgrade_refused', 'There is no WebSocket at this address; see asyncapi.json.')
  })
}

/** To be called for the answer to a request that is refused: one that asked for an upgrade ends its connection. */
export function endRefusedUpgrade({ raw }: FastifyRequest, reply: FastifyReply): void {
  if (raw.headers.upgrade === undefined) return
  reply.header('connection', 'close')
  reply.raw.once('finish', () => raw.socket.destroySoon())
}
