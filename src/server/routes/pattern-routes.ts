import type { FastifyInstance, FastifyRequest } from 'fastify'
import { PATTERN_OPERATIONS } from '#contract/operations/pattern-operations.ts'
import type { PatternPage } from '#contract/patterns.ts'
import type { OpenSwarm } from '#domain/cluster/open-swarm.ts'
import type { PatternReview } from '#domain/intelligence/patterns/pattern-record.ts'
import { agentId, swarmId } from '#domain/model/ids.ts'
import { callerOf } from '../auth/auth-hooks.ts'
import { pageEnd } from '../paging/page-end.ts'
import type { PageTokens } from '../paging/page-tokens.ts'
import type { Swarms } from '../swarms.ts'
import { patternView } from '../views/pattern-view.ts'
import { pageRequest } from './cancellation.ts'
import { routeOperation } from './route-operation.ts'

export interface PatternRoutesModules {
  readonly swarms: Swarms
  readonly pageTokens: PageTokens
}

interface SwarmRequest extends FastifyRequest {
  readonly params: { readonly swarmId: string }
}

interface ReviewRequest extends FastifyRequest {
  readonly params: { readonly swarmId: string; readonly patternId: string }
  readonly body: { readonly note?: string }
}

export function patternRoutes(app: FastifyInstance, { swarms, pageTokens }: PatternRoutesModules): void {
  const { listPatterns, getPattern, acknowledgePattern, dismissPattern } = PATTERN_OPERATIONS
  const open = (request: SwarmRequest): Promise<OpenSwarm> =>
    swarms.open(callerOf(request).tenant, swarmId(request.params.swarmId))

  routeOperation(app, listPatterns, async (request, reply): Promise<PatternPage> => {
    const { pageSize, pageToken, kind, status, severity, agentId: agent } = request.query
    const { reader } = await open(request)
    const list = ['patterns', callerOf(request).tenant, request.params.swarmId, kind, status, severity, agent]
    const filter = {
      ...(kind === undefined ? {} : { kind }),
      ...(status === undefined ? {} : { status }),
      ...(severity === undefined ? {} : { severity }),
      ...(agent === undefined ? {} : { agentId: agentId(agent) }),
    }
    const page = await reader.patterns(
      filter,
      pageRequest(reply, pageSize, pageTokens.redeem(pageToken, list)),
    )
    return { patterns: page.items.map(patternView), ...pageEnd(page, list, pageTokens) }
  })

  routeOperation(app, getPattern, async (request) => {
    const { reader } = await open(request)
    return patternView(await reader.pattern(request.params.patternId))
  })

  const review = async (request: ReviewRequest, verdict: PatternReview['verdict']) => {
    const { service } = await open(request)
    const caller = callerOf(request)
    const by = caller.kind === 'client' ? caller.name : caller.agentId
    const { patternId } = request.params
    return patternView(await service.patterns.review({ patternId, verdict, by, ...request.body }))
  }
  routeOperation(app, acknowledgePattern, (request) => review(request, 'acknowledged'))
  routeOperation(app, dismissPattern, (request) => review(request, 'dismissed'))
}
