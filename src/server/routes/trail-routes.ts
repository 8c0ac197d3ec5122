import type { FastifyInstance, FastifyRequest } from 'fastify'
import { TRAIL_OPERATIONS } from '#contract/operations/trail-operations.ts'
import type { TrailLevels, TrailSetPage } from '#contract/trails.ts'
import type { OpenSwarm } from '#domain/cluster/open-swarm.ts'
import { viewOf } from '#domain/intelligence/trails/swarm-trails.ts'
import type { TrailChangeRequest, TrailService } from '#domain/intelligence/trails/trail-service.ts'
import { swarmId } from '#domain/model/ids.ts'
import type { Ids } from '#domain/ports/random.ts'
import { callerOf } from '../auth/auth-hooks.ts'
import { pageEnd } from '../paging/page-end.ts'
import type { PageTokens } from '../paging/page-tokens.ts'
import type { Swarms } from '../swarms.ts'
import { settingsInput, trailSetView } from '../views/trail-view.ts'
import { routeOperation } from './route-operation.ts'

export interface TrailRoutesModules {
  readonly swarms: Swarms
  readonly pageTokens: PageTokens
  readonly ids: Ids
}

interface SwarmRequest extends FastifyRequest {
  readonly params: { readonly swarmId: string }
}

interface SetRequest extends SwarmRequest {
  readonly params: { readonly swarmId: string; readonly trailSet: string }
}

export function trailRoutes(app: FastifyInstance, { swarms, pageTokens, ids }: TrailRoutesModules): void {
  setRoutes(app, { swarms, pageTokens })
  const { depositTrails, readTrails, followTrails, topTrails, clearTrails, deleteTrailSet } = TRAIL_OPERATIONS

  async function trailsFor(request: SwarmRequest): Promise<TrailService> {
    return (await openSwarm(swarms, request)).service.trails
  }

  function changeBy(request: SetRequest): TrailChangeRequest {
    const caller = callerOf(request)
    const key = request.headers['idempotency-key']
    return {
      trailSet: request.params.trailSet,
      requestId: typeof key === 'string' ? key : ids.next(),
      ...(caller.kind === 'agent' ? { agentId: caller.agentId } : {}),
    }
  }

  routeOperation(app, deleteTrailSet, async (request, reply) => {
    const trails = await trailsFor(request)
    await trails.delete(changeBy(request))
    return reply.code(204).send()
  })

  routeOperation(app, depositTrails, async (request) => {
    const trails = await trailsFor(request)
    const { deposits } = request.body
    return trailSetView(await trails.deposit({ ...changeBy(request), deposits }))
  })

  routeOperation(app, clearTrails, async (request) => {
    const trails = await trailsFor(request)
    const { edges } = request.body
    return { edgeCount: await trails.clear({ ...changeBy(request), ...(edges && { edges }) }) }
  })

  routeOperation(app, readTrails, async (request): Promise<TrailLevels> => {
    const trails = await trailsFor(request)
    const { edges } = request.body
    const levels = await trails.read({ trailSet: request.params.trailSet, edges })
    return { trails: edges.map((edge, index) => ({ edge, level: levels[index] ?? 0 })) }
  })

  routeOperation(app, topTrails, async (request): Promise<TrailLevels> => {
    const trails = await trailsFor(request)
    return { trails: [...(await trails.top({ trailSet: request.params.trailSet, ...request.query }))] }
  })

  routeOperation(app, followTrails, async (request) => {
    const trails = await trailsFor(request)
    const { options, alpha = 1, beta = 1, countMax = 1 } = request.body
    const chosen = await trails.follow({
      trailSet: request.params.trailSet,
      options: options.map(({ edge, heuristic = 1 }) => ({ edge, heuristic })),
      alpha,
      beta,
      countMax,
    })
    return { chosen }
  })
}

/** What is asked of sets as a whole. */
function setRoutes(
  app: FastifyInstance,
  { swarms, pageTokens }: Pick<TrailRoutesModules, 'swarms' | 'pageTokens'>,
): void {
  const { createTrailSet, listTrailSets, getTrailSet } = TRAIL_OPERATIONS

  routeOperation(app, createTrailSet, async (request, reply) => {
    const swarm = await openSwarm(swarms, request)
    const { trailSet, ...settings } = request.body
    const view = await swarm.service.trails.create({ trailSet, settings: settingsInput(settings) })
    reply.code(201).header('location', `/v1/swarms/${request.params.swarmId}/trails/${trailSet}`)
    return trailSetView(view)
  })

  routeOperation(app, listTrailSets, async (request): Promise<TrailSetPage> => {
    const swarm = await openSwarm(swarms, request)
    const { pageSize, pageToken } = request.query
    const list = ['trails', callerOf(request).tenant, request.params.swarmId]
    const page = await swarm.reader.trailSets({ after: pageTokens.redeem(pageToken, list), pageSize })
    return {
      trailSets: page.items.map((record) => trailSetView(viewOf(record))),
      ...pageEnd(page, list, pageTokens),
    }
  })

  routeOperation(app, getTrailSet, async (request) => {
    const swarm = await openSwarm(swarms, request)
    return trailSetView(await swarm.service.trails.get({ trailSet: request.params.trailSet }))
  })
}

function openSwarm(swarms: Swarms, request: SwarmRequest): Promise<OpenSwarm> {
  return swarms.open(callerOf(request).tenant, swarmId(request.params.swarmId))
}
