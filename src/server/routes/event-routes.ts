import type { FastifyInstance, FastifyReply } from 'fastify'
import type { EventPage } from '#contract/event.ts'
import { SYSTEM_OPERATIONS } from '#contract/operations/system-operations.ts'
import type { EventPageReply } from '#domain/communication/event-stream.ts'
import { swarmId } from '#domain/model/ids.ts'
import { callerOf } from '../auth/auth-hooks.ts'
import type { OpenAccess } from '../auth/open-access.ts'
import type { ServerMetrics } from '../metrics/server-metrics.ts'
import type { OpenSockets } from '../sockets/open-sockets.ts'
import { eventFilter, parseCursor } from '../stream/event-selection.ts'
import { sendServerSentEvents } from '../stream/server-sent-events.ts'
import type { Swarms } from '../swarms.ts'
import { eventId, eventSource, eventView } from '../views/event-view.ts'
import { cancellationOf } from './cancellation.ts'
import { routeOperation } from './route-operation.ts'

export interface EventRoutesModules {
  readonly swarms: Swarms
  readonly sockets: OpenSockets
  readonly openAccess: OpenAccess
  readonly metrics: ServerMetrics
}

export function eventRoutes(
  app: FastifyInstance,
  { swarms, sockets, openAccess, metrics }: EventRoutesModules,
): void {
  const { readEvents } = SYSTEM_OPERATIONS

  routeOperation(app, readEvents, async (request, reply) => {
    const { events, scope } = await swarms.open(callerOf(request).tenant, swarmId(request.params.swarmId))
    const { since, types, subject, pageSize } = request.query
    const filter = eventFilter(types?.split(','), subject)
    const place = request.headers['last-event-id'] ?? since
    const cursor = place === undefined ? undefined : parseCursor(place)
    const source = eventSource(scope)
    if (!wantsStream(request.headers.accept)) {
      const page = await events.page(cursor ?? { sequence: 0 }, pageSize, filter, cancellationOf(reply))
      return eventPage(page, source, place)
    }
    sockets.refuseWhileDraining()
    const reader = events.reader(cursor, filter)
    // Fastify hands the response over: what its hooks have set so far goes with it.
    const headers = textHeaders(reply)
    reply.hijack()
    const forget = sockets.addReader(reader)
    const release = openAccess.hold({
      caller: callerOf(request),
      access: 'viewer',
      target: request.params,
      end: () => reader.close(),
    })
    await sendServerSentEvents(reader, reply.raw, {
      source,
      headers,
      onSent: (count) => metrics.eventsSent(count),
    })
    release()
    forget()
    return reply
  })
}

/** @param place the cursor the page was asked for with */
function eventPage(
  { items, nextSequence, lastSequence }: EventPageReply,
  source: string,
  place: string | undefined,
): EventPage {
  // Where nothing was new the cursor stays what it was: its epoch is how a lost tail is noticed.
  const isUnmoved = items.length === 0 && place !== undefined && place.endsWith(`-${nextSequence}`)
  const next = isUnmoved ? place : String(nextSequence)
  const page: EventPage = { events: [], gaps: [], next, lastSequence }
  for (const item of items) {
    if (item.type === 'gap') {
      const { type: _, ...gap } = item
      page.gaps.push(gap)
    } else {
      page.events.push(eventView(item.event, source))
      if (item.event.sequence === nextSequence) page.next = eventId(item.event)
    }
  }
  return page
}

function wantsStream(accept: string | undefined): boolean {
  return accept?.split(',').some(isEventStream) ?? false
}

/** Media types and their parameters are case-insensitive, and a weight of 0 means "not this": RFC 9110 §12.4.2, §12.5.1. */
function isEventStream(range: string): boolean {
  const [type = '', ...parameters] = range
    .toLowerCase()
    .split(';')
    .map((part) => part.trim())
  return type === 'text/event-stream' && !parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter))
}

function textHeaders(reply: FastifyReply): Record<string, string> {
  return Object.fromEntries(Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)]))
}
