import type { FastifyInstance } from 'fastify'
import type { GroupPage } from '#contract/groups.ts'
import { GROUP_OPERATIONS } from '#contract/operations/group-operations.ts'
import { swarmId } from '#domain/model/ids.ts'
import { callerOf } from '../auth/auth-hooks.ts'
import type { PageTokens } from '../paging/page-tokens.ts'
import type { Swarms } from '../swarms.ts'
import { groupView } from '../views/group-view.ts'
import { routeOperation } from './route-operation.ts'

export interface GroupRoutesModules {
  readonly swarms: Swarms
  readonly pageTokens: PageTokens
}

export function groupRoutes(app: FastifyInstance, { swarms, pageTokens }: GroupRoutesModules): void {
  const { listGroups, getGroup } = GROUP_OPERATIONS

  routeOperation(app, listGroups, async (request): Promise<GroupPage> => {
    const { tenant } = callerOf(request)
    const swarm = await swarms.open(tenant, swarmId(request.params.swarmId))
    const { pageSize, pageToken } = request.query
    const list = ['groups', tenant, request.params.swarmId]
    const after = pageTokens.redeem(pageToken, list)
    const groups = await swarm.service.groups.list({
      countMax: pageSize,
      ...(after === undefined ? {} : { after }),
    })
    const last = groups.length < pageSize ? undefined : groups.at(-1)
    return {
      groups: groups.map(groupView),
      ...(last === undefined ? {} : { nextPageToken: pageTokens.issue(last.group, list) }),
    }
  })

  routeOperation(app, getGroup, async (request) => {
    const swarm = await swarms.open(callerOf(request).tenant, swarmId(request.params.swarmId))
    return groupView(await swarm.service.groups.get({ group: request.params.group }))
  })
}
