import { setTimeout as sleep } from 'node:timers/promises'
import websocket from '@fastify/websocket'
import { type FastifyInstance, fastify } from 'fastify'
import type { Logger } from '#domain/ports/logger.ts'
import type { ApiKeys } from './auth/api-keys.ts'
import { guardRoutes } from './auth/auth-hooks.ts'
import { Authenticator } from './auth/authenticator.ts'
import { refuseOpenServer } from './auth/bind-guard.ts'
import { Entrance } from './auth/entrance.ts'
import { OpenAccess } from './auth/open-access.ts'
import { guardOrigins } from './auth/origin-guard.ts'
import { WrongCredentials } from './auth/wrong-credentials.ts'
import { channelRoute } from './channel/channel-route.ts'
import { ConnectionDrain } from './connections/connection-drain.ts'
import { ConnectionGate } from './connections/connection-gate.ts'
import { shareTurns } from './fair-requests.ts'
import { HARDENED, hardenReplies, KEEP_ALIVE_TIMEOUT_MS, limitRates } from './hardening.ts'
import { acceptBodies } from './input/json-body.ts'
import { validateRequests } from './input/validation.ts'
import { ServerMetrics } from './metrics/server-metrics.ts'
import { PageTokens } from './paging/page-tokens.ts'
import { PendingReplies } from './pending-replies.ts'
import { answerProblems, pathOf, sendProblem } from './problem/problem-replies.ts'
import { agentRoutes } from './routes/agent-routes.ts'
import { claimRoutes } from './routes/claim-routes.ts'
import { consensusRoutes } from './routes/consensus-routes.ts'
import { controlRoutes } from './routes/control-routes.ts'
import { distributionRoutes } from './routes/distribution-routes.ts'
import { docsRoutes } from './routes/docs-routes.ts'
import { eventRoutes } from './routes/event-routes.ts'
import { groupRoutes } from './routes/group-routes.ts'
import { healthRoutes } from './routes/health-routes.ts'
import { learningRoutes } from './routes/learning-routes.ts'
import { memoryBatchRoutes } from './routes/memory-batch-routes.ts'
import { memoryNamespaceRoutes } from './routes/memory-namespace-routes.ts'
import { memoryReplicaRoutes } from './routes/memory-replica-routes.ts'
import { memoryRoutes } from './routes/memory-routes.ts'
import { memorySearchRoute } from './routes/memory-search-route.ts'
import { messageRoutes } from './routes/message-routes.ts'
import { metricsRoute } from './routes/metrics-route.ts'
import { modelRoutes } from './routes/model-routes.ts'
import { patternRoutes } from './routes/pattern-routes.ts'
import { roundRoutes } from './routes/round-routes.ts'
import { scheduleRoutes } from './routes/schedule-routes.ts'
import { storeRoutes } from './routes/store-routes.ts'
import { submitRoutes } from './routes/submit-routes.ts'
import { resourceRoutes, swarmRoutes } from './routes/swarm-routes.ts'
import { taskReportRoutes } from './routes/task-report-routes.ts'
import { taskRoutes } from './routes/task-routes.ts'
import { trailRoutes } from './routes/trail-routes.ts'
import type { ServerModules, ServerOptions } from './server-options.ts'
import { refuseWhileNotServing } from './serving-guard.ts'
import { WEBSOCKET_OPTIONS } from './sockets/handshake.ts'
import { OpenSockets } from './sockets/open-sockets.ts'
import { refuseOtherUpgrades, upgradesOf } from './sockets/upgrades.ts'
import { streamRoute } from './stream/stream-route.ts'

/** The server of one node: REST, both WebSockets, health, metrics and the reference. */
export interface SwarmServer {
  readonly app: FastifyInstance
  /** @returns the address to reach it at. @throws OpenServerError for an address others can reach, without keys */
  listen(address: { readonly host: string; readonly port: number }): Promise<string>
  /**
   * Says that it is not ready, serves for `drainNoticeMs` as before, then takes no new work, lets answers that are under
   * way go out, and ends the connections that stay open. Agents are told and keep their leases. Reads and health checks
   * are answered until `close`.
   */
  drain(options?: { readonly hasNotice?: boolean }): Promise<void>
  /** After a drain it waits until the clients have closed their connections; else it ends them. */
  close(): Promise<void>
  /** From now on these API keys are valid, and no others. What was opened under one that is not ends at once. */
  replaceKeys(keys: ApiKeys): void
}

const DRAIN_LOOK_MS = 20
/** Idle connections end by their keep-alive time-out, which Node looks at once a second. */
const CONNECTIONS_END_MS = KEEP_ALIVE_TIMEOUT_MS + 1_500

export async function createServer(options: ServerOptions, modules: ServerModules): Promise<SwarmServer> {
  const { logger, swarms } = modules
  const app = fastify({
    ...HARDENED,
    genReqId: () => modules.ids.next(),
    frameworkErrors: (error, request, reply) => void sendProblem(error, request, reply, logger),
  })
  const connections = new ConnectionGate(options, modules)
  connections.watch(app.server)

  const authenticator = new Authenticator(options.apiKeys, { swarms })
  const wrongCredentials = new WrongCredentials(options, modules)
  const entrance = new Entrance({ authenticator, wrongCredentials, connections })
  const openAccess = new OpenAccess({ ...modules, authenticator })
  const sockets = new OpenSockets()
  const metrics = new ServerMetrics(options, { ...modules, sockets })
  const pending = new PendingReplies()
  const connectionDrain = new ConnectionDrain(app)

  answerProblems(app, { logger })
  acceptBodies(app)
  validateRequests(app)
  await app.register(websocket, {
    options: { ...WEBSOCKET_OPTIONS, server: upgradesOf(app.server, connections) as never },
  })
  // In this order: what a browser asks beforehand, where it asks from, who asks, how often.
  await hardenReplies(app, options)
  pending.observe(app)
  guardOrigins(app, { allowedOrigins: options.allowedOrigins, isOpen: authenticator.isOpen })
  refuseOtherUpgrades(app)
  refuseWhileNotServing(app, modules)
  guardRoutes(app, { entrance })
  await limitRates(app, options)
  shareTurns(app, options, modules)
  observeRequests(app, { metrics, logger })
  await addRoutes(app, options, { ...modules, authenticator, entrance, openAccess, sockets, metrics })

  return {
    app,
    listen: (address) => {
      refuseOpenServer(address.host, options.apiKeys !== undefined)
      return app.listen(address)
    },
    drain: async ({ hasNotice = true } = {}) => {
      sockets.announceDrain()
      connectionDrain.endEach()
      if (hasNotice) await sleep(options.drainNoticeMs)
      sockets.drain()
      await swarms.drain()
      const lookMax = Math.ceil(options.drainMs / DRAIN_LOOK_MS)
      for (let look = 0; look < lookMax && pending.count + sockets.inFlight > 0; look += 1)
        await sleep(DRAIN_LOOK_MS)
      sockets.closeAll('the server is shutting down')
    },
    close: async () => {
      sockets.closeAll('the server is shutting down')
      if (sockets.isDraining) await connectionDrain.end(CONNECTIONS_END_MS)
      await app.close()
    },
    replaceKeys: (keys) => openAccess.replaceKeys(keys),
  }
}

interface RouteModules extends ServerModules {
  readonly authenticator: Authenticator
  readonly entrance: Entrance
  readonly openAccess: OpenAccess
  readonly sockets: OpenSockets
  readonly metrics: ServerMetrics
}

async function addRoutes(app: FastifyInstance, options: ServerOptions, modules: RouteModules): Promise<void> {
  const paged = {
    ...modules,
    pageTokens: new PageTokens(() => modules.authenticator.seed ?? options.pageTokenSecret),
  }
  swarmRoutes(app, options, paged)
  resourceRoutes(app, modules)
  agentRoutes(app, paged)
  claimRoutes(app, modules)
  submitRoutes(app, options, modules)
  taskRoutes(app, paged)
  taskReportRoutes(app, modules)
  controlRoutes(app, modules)
  distributionRoutes(app, modules)
  scheduleRoutes(app, options, { ...paged, clock: modules.clock })
  messageRoutes(app, paged)
  memoryRoutes(app, modules)
  memoryNamespaceRoutes(app, paged)
  memoryBatchRoutes(app, modules)
  memoryReplicaRoutes(app, modules)
  memorySearchRoute(app, modules)
  consensusRoutes(app, paged)
  trailRoutes(app, paged)
  patternRoutes(app, paged)
  learningRoutes(app, modules)
  modelRoutes(app, modules)
  roundRoutes(app, modules)
  groupRoutes(app, paged)
  eventRoutes(app, modules)
  channelRoute(app, options.nodeId, modules)
  streamRoute(app, modules)
  healthRoutes(app, options, modules)
  storeRoutes(app, modules)
  metricsRoute(app, modules)
  await app.register(docsRoutes)
}

function observeRequests(
  app: FastifyInstance,
  { metrics, logger }: { readonly metrics: ServerMetrics; readonly logger: Logger },
): void {
  app.addHook('onResponse', async (request, reply) => {
    const { operationId } = request.routeOptions.config
    const { statusCode: status, elapsedTime: elapsedMs } = reply
    metrics.requestAnswered(operationId, status, elapsedMs / 1_000)
    const { id: requestId, method } = request
    logger.debug({ requestId, method, path: pathOf(request), status, elapsedMs }, 'request answered')
  })
}
