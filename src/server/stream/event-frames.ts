import type { StreamItem } from '#domain/communication/event-reader.ts'
import type { SwarmEvent } from '#domain/model/events.ts'
import type { FrameFormat } from '../sockets/frame-format.ts'
import { type FramedMessage, frameMessage } from '../sockets/framed-message.ts'
import { eventView } from '../views/event-view.ts'

/** The forms of one event on the wire, each made when it is first needed. */
interface EventForms {
  text?: string
  json?: FramedMessage
  msgpack?: FramedMessage
}

// Readers that keep up are given the same event object, so that a thousand of them cost one form. It goes with the event.
const forms = new WeakMap<SwarmEvent, EventForms>()

/** The event as the JSON text of a CloudEvent. */
export function eventText(event: SwarmEvent, source: string): string {
  const known = formsOf(event)
  known.text ??= JSON.stringify(eventView(event, source))
  return known.text
}

/** One item of a stream, ready to be written to any number of sockets. */
export function streamFrame(item: StreamItem, source: string, format: FrameFormat): FramedMessage {
  if (item.type === 'gap') return frameMessage(format.encode(item), format.isBinary)
  const { event } = item
  const known = formsOf(event)
  if (format.isBinary) {
    known.msgpack ??= frameMessage(format.encode({ type: 'event', event: eventView(event, source) }), true)
    return known.msgpack
  }
  known.json ??= frameMessage(`{"type":"event","event":${eventText(event, source)}}`, false)
  return known.json
}

function formsOf(event: SwarmEvent): EventForms {
  let known = forms.get(event)
  if (known === undefined) {
    known = {}
    forms.set(event, known)
  }
  return known
}
