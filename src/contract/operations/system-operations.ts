import { Type } from '@sinclair/typebox'
import { EventCursor, EventPage, EventSubject, EventTypeFilter } from '../event.ts'
import { Liveness, Readiness } from '../health.ts'
import { LIMITS } from '../limits.ts'
import { closedObject } from '../schema.ts'
import { StoreAcceptance, StoreView } from '../store.ts'
import { PAGE_QUERY, SwarmParams } from './common.ts'
import { defineOperation } from './operation.ts'

const EVENT_TYPE_LIST_PATTERN = `^${inner(EventTypeFilter.pattern)}(?:,${inner(EventTypeFilter.pattern)})*$`

export const SYSTEM_OPERATIONS = {
  readEvents: defineOperation({
    operationId: 'readEvents',
    method: 'GET',
    path: '/v1/swarms/{swarmId}/events',
    tag: 'events',
    summary: 'Read the event log',
    description:
      'A page of events as JSON; or, with `Accept: text/event-stream`, all events from `since` (or `Last-Event-ID`) on as they happen, each with its `id`, and `gap` events where history is gone.',
    access: 'viewer',
    params: SwarmParams,
    query: closedObject({
      since: Type.Optional(EventCursor),
      types: Type.Optional(
        Type.String({
          pattern: EVENT_TYPE_LIST_PATTERN,
          maxLength: LIMITS.eventTypesPerFilterMax * 65,
          description: 'Only events of these types: `amos.task.completed,amos.agent.*`.',
        }),
      ),
      subject: Type.Optional(EventSubject),
      pageSize: PAGE_QUERY.pageSize,
    }),
    headers: Type.Object({
      'last-event-id': Type.Optional(
        Type.String({
          maxLength: 64,
          description: 'As `since`, which it overrules; sent by browsers that reconnect.',
        }),
      ),
    }),
    replies: {
      200: { description: 'A page of events, or the stream.', schema: EventPage, isStreamable: true },
    },
    problems: ['swarm_not_found', 'cursor_invalid', 'draining'],
  }),
  getLiveness: defineOperation({
    operationId: 'getLiveness',
    method: 'GET',
    path: '/health/live',
    tag: 'operations',
    summary: 'Liveness',
    description: 'Answers 200 while the process runs.',
    access: 'public',
    replies: { 200: { description: 'The process runs.', schema: Liveness } },
    problems: [],
  }),
  getReadiness: defineOperation({
    operationId: 'getReadiness',
    method: 'GET',
    path: '/health/ready',
    tag: 'operations',
    summary: 'Readiness',
    description:
      'Answers 200 while this node takes work, and 503 while it starts or drains, or its store cannot be written.',
    access: 'public',
    replies: {
      200: { description: 'It takes work.', schema: Readiness },
      503: { description: 'It does not.', schema: Readiness },
    },
    problems: [],
  }),
  getStore: defineOperation({
    operationId: 'getStore',
    method: 'GET',
    path: '/v1/store',
    tag: 'operations',
    summary: 'State of the store',
    description: 'Tells whether the store of this node takes writes, and whether it has lost data.',
    access: 'viewer',
    replies: { 200: { description: 'The state of the store.', schema: StoreView } },
    problems: [],
  }),
  acceptStoreLoss: defineOperation({
    operationId: 'acceptStoreLoss',
    method: 'POST',
    path: '/v1/store/accept-loss',
    tag: 'operations',
    summary: 'Accept the loss of a store',
    description:
      'Makes all nodes go on with the data that the store has now. What was lost stays lost. The body names the lost store, ' +
      'as in `GET /v1/store`, so that a later loss is not accepted by mistake.',
    access: 'admin',
    body: StoreAcceptance,
    replies: { 200: { description: 'The state of the store.', schema: StoreView } },
    problems: ['store_not_lost'],
  }),
  getMetrics: defineOperation({
    operationId: 'getMetrics',
    method: 'GET',
    path: '/metrics',
    tag: 'operations',
    summary: 'Metrics',
    description:
      "In the text format of Prometheus. With the role monitor: of this node and all the swarms that it coordinates, over all tenants. With any other role: of the tenant's swarms that this node coordinates.",
    access: 'monitor',
    replies: {
      200: {
        description: 'The metrics.',
        schema: Type.String({ maxLength: 10_000_000 }),
        mediaType: 'text/plain; version=0.0.4; charset=utf-8',
      },
    },
    problems: [],
  }),
} as const

/** A pattern without its anchors, to be part of another. */
function inner(pattern: string | undefined): string {
  return (pattern ?? '').replace(/^\^/, '').replace(/\$$/, '')
}
