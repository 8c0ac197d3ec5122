import { Type } from '@sinclair/typebox'
import { LIMITS } from '../limits.ts'
import { SwarmId } from '../scalars.ts'
import { closedObject } from '../schema.ts'
import {
  TrailClear,
  TrailCleared,
  TrailDeposits,
  TrailFollow,
  TrailFollowed,
  TrailLevels,
  TrailRead,
  TrailSetCreate,
  TrailSetName,
  TrailSetPage,
  TrailSetView,
  TrailTopQuery,
} from '../trails.ts'
import { PAGE_QUERY, SwarmParams } from './common.ts'
import { defineOperation } from './operation.ts'

const TrailSetParams = closedObject({ swarmId: SwarmId, trailSet: TrailSetName })

/** Fastify hands headers over with all others the request has, so unknown ones are let pass. */
const RepeatableHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      pattern: '^[\\x21-\\x2e\\x30-\\x7e]+$',
      minLength: 1,
      maxLength: LIMITS.idempotencyKeyLengthMax,
      description:
        'Makes the request repeatable: the same key again changes nothing, as long as it is one of the 64 newest of the set. Printable ASCII without `/`.',
    }),
  ),
})

const SET = '/v1/swarms/{swarmId}/trails/{trailSet}'
const OF_A_SET = ['trail_set_not_found', 'store_unavailable'] as const

export const TRAIL_OPERATIONS = {
  createTrailSet: defineOperation({
    operationId: 'createTrailSet',
    method: 'POST',
    path: '/v1/swarms/{swarmId}/trails',
    tag: 'trails',
    summary: 'Create a trail set',
    description:
      'A set of pheromone trails on named edges. Its evaporation and limits are declared here. The same name and settings again is the same set.',
    access: 'participant',
    params: SwarmParams,
    body: TrailSetCreate,
    replies: { 201: { description: 'The set is there.', schema: TrailSetView } },
    problems: ['trail_set_exists', 'trail_settings_unsound', 'limit_exceeded', 'store_unavailable'],
  }),
  listTrailSets: defineOperation({
    operationId: 'listTrailSets',
    method: 'GET',
    path: '/v1/swarms/{swarmId}/trails',
    tag: 'trails',
    summary: 'List trail sets',
    description: 'The trail sets of the swarm, by name.',
    access: 'viewer',
    params: SwarmParams,
    query: closedObject(PAGE_QUERY),
    replies: { 200: { description: 'A page of trail sets.', schema: TrailSetPage } },
    problems: ['page_token_invalid', 'store_unavailable'],
  }),
  getTrailSet: defineOperation({
    operationId: 'getTrailSet',
    method: 'GET',
    path: SET,
    tag: 'trails',
    summary: 'Get a trail set',
    description: 'Its settings and how many edges have a deposit.',
    access: 'viewer',
    params: TrailSetParams,
    replies: { 200: { description: 'The set.', schema: TrailSetView } },
    problems: OF_A_SET,
  }),
  deleteTrailSet: defineOperation({
    operationId: 'deleteTrailSet',
    method: 'DELETE',
    path: SET,
    tag: 'trails',
    summary: 'Delete a trail set',
    description: 'Removes the set with all its trails.',
    access: 'participant',
    params: TrailSetParams,
    replies: { 204: { description: 'It is gone.' } },
    problems: OF_A_SET,
  }),
  depositTrails: defineOperation({
    operationId: 'depositTrails',
    method: 'POST',
    path: `${SET}/deposits`,
    tag: 'trails',
    summary: 'Deposit on trails',
    description:
      'Adds to the levels of up to 10 000 edges at one moment. The answer means that the deposits are as durable as the store makes them.',
    access: 'participant',
    params: TrailSetParams,
    headers: RepeatableHeaders,
    body: TrailDeposits,
    bodyBytesMax: LIMITS.batchBodyBytesMax,
    replies: { 200: { description: 'The set after the deposits.', schema: TrailSetView } },
    problems: [...OF_A_SET, 'limit_exceeded'],
  }),
  readTrails: defineOperation({
    operationId: 'readTrails',
    method: 'POST',
    path: `${SET}/read`,
    tag: 'trails',
    summary: 'Read trails',
    description: 'The levels of named edges at this moment. Reading changes nothing.',
    access: 'viewer',
    params: TrailSetParams,
    body: TrailRead,
    bodyBytesMax: LIMITS.batchBodyBytesMax,
    replies: { 200: { description: 'The levels, in the order of the request.', schema: TrailLevels } },
    problems: OF_A_SET,
  }),
  followTrails: defineOperation({
    operationId: 'followTrails',
    method: 'POST',
    path: `${SET}/follow`,
    tag: 'trails',
    summary: 'Follow trails',
    description: 'Draws among options by the strength of their trails and a heuristic of the caller.',
    access: 'viewer',
    params: TrailSetParams,
    body: TrailFollow,
    bodyBytesMax: LIMITS.batchBodyBytesMax,
    replies: { 200: { description: 'What was drawn.', schema: TrailFollowed } },
    problems: OF_A_SET,
  }),
  topTrails: defineOperation({
    operationId: 'topTrails',
    method: 'GET',
    path: `${SET}/top`,
    tag: 'trails',
    summary: 'Strongest trails',
    description: 'The edges with the highest levels, strongest first, equal ones by name.',
    access: 'viewer',
    params: TrailSetParams,
    query: closedObject(TrailTopQuery),
    replies: { 200: { description: 'The strongest trails.', schema: TrailLevels } },
    problems: OF_A_SET,
  }),
  clearTrails: defineOperation({
    operationId: 'clearTrails',
    method: 'POST',
    path: `${SET}/clear`,
    tag: 'trails',
    summary: 'Set trails back',
    description: 'Takes the deposits of named edges away, or of all of them.',
    access: 'participant',
    params: TrailSetParams,
    headers: RepeatableHeaders,
    body: TrailClear,
    bodyBytesMax: LIMITS.batchBodyBytesMax,
    replies: { 200: { description: 'What was set back.', schema: TrailCleared } },
    problems: OF_A_SET,
  }),
} as const
