import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify'
import type { OpaqueShape } from '#contract/json/opaque-shape.ts'
import type { Access } from '#contract/operations/access.ts'
import { authorize, type Target } from './authorize.ts'
import type { Entrance } from './entrance.ts'
import type { Principal } from './principal.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who makes the request. Null on public routes, and while a WebSocket has yet to show its credential. */
    caller: Principal | null
  }
  interface FastifyContextConfig {
    /** Who may call the route. `handshake`: a WebSocket that may show its credential in its first frame instead. */
    access?: Access | 'handshake'
    /** Of the contract, where the route is one of its operations. */
    operationId?: string
    /** Where its body holds opaque values. */
    opaque?: OpaqueShape
    /** The body is `application/octet-stream`. */
    takesBytes?: boolean
  }
}

/** Authenticates and authorises every request by what its route declares; a route that declares nothing is a bug. */
export function guardRoutes(
  app: FastifyInstance,
  { entrance }: { readonly entrance: Pick<Entrance, 'authenticateHeader'> },
): void {
  app.decorateRequest('caller', null)
  const routes: RouteOptions[] = []
  app.addHook('onRoute', (route) => {
    routes.push(route)
  })
  app.addHook('onReady', async () => {
    const route = routes.find(({ config }) => config?.access === undefined)
    if (route !== undefined)
      throw new Error(`${String(route.method)} ${route.url} does not declare who may call it`)
  })
  app.addHook('onRequest', async (request) => {
    // Unknown addresses have no route, and say so to everybody.
    if (request.is404) return
    const access = request.routeOptions.config.access ?? 'admin'
    if (access === 'public' || access === 'handshake') return
    const caller = await entrance.authenticateHeader(request)
    authorize(caller, access, request.params as Target)
    request.caller = caller
  })
}

/** The authenticated caller of a route that is not public. */
export function callerOf(request: FastifyRequest): Principal {
  if (request.caller === null) throw new Error('a route without a caller asked for it')
  return request.caller
}
