import { EVENT_TYPE_PREFIX, type SwarmEvent as EventView } from '#contract/event.ts'
import { type Scope, splitScope } from '#domain/model/ids.ts'
import type { SwarmEvent } from '#domain/ports/records.ts'
import { wireTime } from './wire-time.ts'

/** The CloudEvents `source` of a swarm's events. */
export function eventSource(scope: Scope): string {
  return `/v1/swarms/${splitScope(scope).swarm ?? ''}`
}

/** The domain's event as a CloudEvent 1.0. */
export function eventView(event: SwarmEvent, source: string): EventView {
  const view = {
    specversion: '1.0',
    id: eventId(event),
    source,
    type: `${EVENT_TYPE_PREFIX}${event.type}`,
    subject: event.subject,
    time: wireTime(event.time),
    datacontenttype: 'application/json',
    sequence: event.sequence,
    data: event.data['isRestricted'] === true ? restricted(event.data) : event.data,
  }
  // Which data belongs to which type is between the domain and the contract; a test holds them together.
  return view as EventView
}

/** What is known of a change in a namespace that not all readers of the swarm may read: no key, and no tags. */
function restricted({ key: _key, tags: _tags, ...data }: SwarmEvent['data']): SwarmEvent['data'] {
  return data
}

export function eventId({ epoch, sequence }: Pick<SwarmEvent, 'epoch' | 'sequence'>): string {
  return `${epoch}-${sequence}`
}
