import { EVENT_TYPE_PREFIX, type SwarmEvent as EventView } from '#contract/event.ts'
import type { MemoryChanged } from '#domain/model/events/memory-events.ts'
import type { SwarmEvent } from '#domain/model/events.ts'
import { isOfArea } from '#domain/model/events.ts'
import { type Scope, splitScope } from '#domain/model/ids.ts'
import { documentedData } from './event-schemas.ts'
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
    data: documentedData(
      isOfArea(event, 'memory') && 'isRestricted' in event.data ? withoutKey(event.data) : event.data,
    ),
  }
  // The compiler does not see which data belong to which type.
  return view as EventView
}

/** What is known of a change in a namespace that not all readers of the swarm may read: no key, and no tags. */
function withoutKey({ key: _key, tags: _tags, ...data }: MemoryChanged): MemoryChanged {
  return data as MemoryChanged
}

export function eventId({ epoch, sequence }: Pick<SwarmEvent, 'epoch' | 'sequence'>): string {
  return `${epoch}-${sequence}`
}
