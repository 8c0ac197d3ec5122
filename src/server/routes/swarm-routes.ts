import type { FastifyInstance } from 'fastify'
import { SWARM_OPERATIONS } from '#contract/operations/swarm-operations.ts'
import type { SwarmPage, SwarmPatch } from '#contract/swarm.ts'
import { swarmId } from '#domain/model/ids.ts'
import { patternSettings } from '#domain/model/pattern-settings.ts'
import { strategySettings } from '#domain/model/strategy-settings.ts'
import type { UpdateSwarmRequest } from '#domain/orchestration/swarm-service.ts'
import { callerOf } from '../auth/auth-hooks.ts'
import { pageEnd } from '../paging/page-end.ts'
import type { PageTokens } from '../paging/page-tokens.ts'
import type { ServerOptions } from '../server-options.ts'
import type { Swarms } from '../swarms.ts'
import { resourceReport, swarmView } from '../views/swarm-view.ts'
import { etagOf, expectedVersion } from './etag.ts'
import { routeOperation } from './route-operation.ts'

export interface SwarmRoutesModules {
  readonly swarms: Swarms
  readonly pageTokens: PageTokens
}

export function swarmRoutes(
  app: FastifyInstance,
  { swarmDefaults }: Pick<ServerOptions, 'swarmDefaults'>,
  { swarms, pageTokens }: SwarmRoutesModules,
): void {
  const { createSwarm, listSwarms, getSwarm, updateSwarm, deleteSwarm } = SWARM_OPERATIONS

  routeOperation(app, createSwarm, async (request, reply) => {
    const { swarmId: id, strategy, topology, leaseMs, limits, patterns, ...rest } = request.body
    const { tenant } = callerOf(request)
    const record = await swarms.createSwarm(tenant, {
      ...rest,
      swarmId: swarmId(id),
      strategy: strategySettings(strategy),
      topology: topology ?? { kind: 'mesh' },
      leaseMs: leaseMs ?? swarmDefaults.leaseMs,
      limits: { ...swarmDefaults.limits, ...limits },
      patterns: patternSettings(patterns),
    })
    reply.code(201).header('location', `/v1/swarms/${record.swarmId}`)
    return swarmView(tenant, record)
  })

  routeOperation(app, listSwarms, async (request): Promise<SwarmPage> => {
    const { tenant } = callerOf(request)
    const { pageSize, pageToken } = request.query
    const list = ['swarms', tenant]
    const page = await swarms.listSwarms(tenant, { after: pageTokens.redeem(pageToken, list), pageSize })
    const views = page.items.map((record) => swarmView(tenant, record))
    return {
      swarms: views,
      ...pageEnd(page, list, pageTokens),
    }
  })

  routeOperation(app, getSwarm, async (request, reply) => {
    const { tenant } = callerOf(request)
    const swarm = await swarms.open(tenant, swarmId(request.params.swarmId))
    const { value, version } = await swarm.stored()
    reply.header('etag', etagOf(version))
    return swarmView(tenant, value)
  })

  routeOperation(app, updateSwarm, async (request, reply) => {
    const { tenant } = callerOf(request)
    const swarm = await swarms.open(tenant, swarmId(request.params.swarmId))
    await swarm.service.swarm.update({ ...patchFrom(request.body), ...expectedVersion(request.headers) })
    // Read together, so that the tag is that of the state in the answer.
    const { value, version } = await swarm.stored()
    reply.header('etag', etagOf(version))
    return swarmView(tenant, value)
  })

  routeOperation(app, deleteSwarm, async (request, reply) => {
    const { force } = request.query
    await swarms.deleteSwarm(callerOf(request).tenant, swarmId(request.params.swarmId), { force })
    return reply.code(204).send()
  })
}

/** How the swarm is doing. */
export function resourceRoutes(app: FastifyInstance, { swarms }: Pick<SwarmRoutesModules, 'swarms'>): void {
  routeOperation(app, SWARM_OPERATIONS.getResources, async (request) => {
    const { service } = await swarms.open(callerOf(request).tenant, swarmId(request.params.swarmId))
    const [report, status, waiting] = await Promise.all([
      service.swarm.monitor(),
      service.swarm.status(),
      service.tasks.waitSummary(),
    ])
    return resourceReport(report, status, waiting)
  })
}

function patchFrom({ strategy, ...others }: SwarmPatch): Omit<UpdateSwarmRequest, 'expectedVersion'> {
  return strategy === undefined ? others : { ...others, strategy: strategySettings(strategy) }
}
