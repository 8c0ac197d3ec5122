import { GroupName, GroupPage, GroupView } from '../groups.ts'
import { SwarmId } from '../scalars.ts'
import { closedObject } from '../schema.ts'
import { PAGE_QUERY, SwarmParams } from './common.ts'
import { defineOperation } from './operation.ts'

export const GROUP_OPERATIONS = {
  listGroups: defineOperation({
    operationId: 'listGroups',
    method: 'GET',
    path: '/v1/swarms/{swarmId}/groups',
    tag: 'groups',
    summary: 'List groups',
    description:
      'The groups that agents form while the strategy of the swarm is `flocking`: members, centre and history.',
    access: 'viewer',
    params: SwarmParams,
    query: closedObject(PAGE_QUERY),
    replies: { 200: { description: 'A page of groups.', schema: GroupPage } },
    problems: ['page_token_invalid'],
  }),
  getGroup: defineOperation({
    operationId: 'getGroup',
    method: 'GET',
    path: '/v1/swarms/{swarmId}/groups/{group}',
    tag: 'groups',
    summary: 'Get a group',
    description: 'Its members, its centre and its newest changes.',
    access: 'viewer',
    params: closedObject({ swarmId: SwarmId, group: GroupName }),
    replies: { 200: { description: 'The group.', schema: GroupView } },
    problems: ['group_not_found'],
  }),
} as const
