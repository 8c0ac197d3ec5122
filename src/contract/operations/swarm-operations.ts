import { Type } from '@sinclair/typebox'
import { ResourceReport } from '../resources.ts'
import { closedObject } from '../schema.ts'
import { SwarmCreate, SwarmPage, SwarmPatch, SwarmView } from '../swarm.ts'
import { IfMatchHeaders, PAGE_QUERY, SwarmParams } from './common.ts'
import { defineOperation } from './operation.ts'

export const SWARM_OPERATIONS = {
  createSwarm: defineOperation({
    operationId: 'createSwarm',
    method: 'POST',
    path: '/v1/swarms',
    tag: 'swarms',
    summary: 'Create a swarm',
    description:
      'Sets up a swarm with its own agents, tasks, limits and event log. `default` exists from the start.',
    access: 'admin',
    body: SwarmCreate,
    replies: { 201: { description: 'The new swarm.', schema: SwarmView } },
    problems: ['swarm_exists', 'limit_exceeded', 'store_unavailable'],
  }),
  listSwarms: defineOperation({
    operationId: 'listSwarms',
    method: 'GET',
    path: '/v1/swarms',
    tag: 'swarms',
    summary: 'List swarms',
    description: "The tenant's swarms in the order of their ids.",
    access: 'viewer',
    query: closedObject(PAGE_QUERY),
    replies: { 200: { description: 'A page of swarms.', schema: SwarmPage } },
    problems: ['page_token_invalid', 'store_unavailable'],
  }),
  getSwarm: defineOperation({
    operationId: 'getSwarm',
    method: 'GET',
    path: '/v1/swarms/{swarmId}',
    tag: 'swarms',
    summary: 'Get a swarm',
    description: 'How the swarm is set up. How it is doing is told by its resources.',
    access: 'viewer',
    params: SwarmParams,
    replies: { 200: { hasEtag: true, description: 'The swarm.', schema: SwarmView } },
    problems: ['swarm_not_found'],
  }),
  updateSwarm: defineOperation({
    operationId: 'updateSwarm',
    method: 'PATCH',
    path: '/v1/swarms/{swarmId}',
    tag: 'swarms',
    summary: 'Change a swarm',
    description: 'Changes the fields that are sent. `limits` replaces all limits.',
    access: 'operator',
    params: SwarmParams,
    headers: IfMatchHeaders,
    body: SwarmPatch,
    replies: { 200: { hasEtag: true, description: 'The swarm as it is now.', schema: SwarmView } },
    problems: ['swarm_not_found', 'version_conflict'],
  }),
  deleteSwarm: defineOperation({
    operationId: 'deleteSwarm',
    method: 'DELETE',
    path: '/v1/swarms/{swarmId}',
    tag: 'swarms',
    summary: 'Delete a swarm',
    description: 'Removes the swarm with its agents, tasks and events.',
    access: 'admin',
    params: SwarmParams,
    query: closedObject({
      force: Type.Boolean({
        default: false,
        description: 'Cancel what is not finished instead of refusing.',
      }),
    }),
    replies: { 204: { description: 'It is gone.' } },
    problems: ['swarm_not_found', 'swarm_not_empty'],
  }),
  getResources: defineOperation({
    operationId: 'getResources',
    method: 'GET',
    path: '/v1/swarms/{swarmId}/resources',
    tag: 'resources',
    summary: 'How the swarm is doing',
    description: 'Queue depth, waits, run times, agents and utilisation, as the coordinating node sees them.',
    access: 'viewer',
    params: SwarmParams,
    replies: { 200: { description: 'The report.', schema: ResourceReport } },
    problems: ['swarm_not_found', 'coordinator_unavailable'],
  }),
} as const
