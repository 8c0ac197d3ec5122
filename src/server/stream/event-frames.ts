import type { StreamItem } from '#domain/communication/event-reader.ts'
import type { SwarmEvent } from '#domain/ports/records.ts'
import { JSON_FORMAT, MSGPACK_FORMAT } from '../sockets/frame-format.ts'
import { type FramedMessage, type FramedRun, frameMessage, joinFramed } from '../sockets/socket-writes.ts'
import { eventView, type GapItem } from '../views/event-view.ts'

/** The forms of one event on the wire, each made when it is first needed. */
interface EventForms {
  text?: string
  json?: FramedMessage
  msgpack?: FramedMessage
}

// Readers that keep up are given the same event object, so that a thousand of them cost one form. It goes with the event.
const forms = new WeakMap<SwarmEvent, EventForms>()

interface FramedPage {
  readonly items: readonly StreamItem[]
  readonly isBinary: boolean
  readonly run: FramedRun
}

// Readers that keep up ask for the same page in the same turn: the first of them has it made.
let latestPage: FramedPage | undefined

/** The event as the JSON text of a CloudEvent. */
export function eventText(event: SwarmEvent, source: string): string {
  const known = formsOf(event)
  known.text ??= JSON.stringify(eventView(event, source))
  return known.text
}

/** The `event` frame, ready to be written to any number of sockets. */
function eventFrame(event: SwarmEvent, source: string, isBinary: boolean): FramedMessage {
  const known = formsOf(event)
  if (isBinary) {
    known.msgpack ??= framed(MSGPACK_FORMAT.encode({ type: 'event', event: eventView(event, source) }), true)
    return known.msgpack
  }
  known.json ??= framed(`{"type":"event","event":${eventText(event, source)}}`, false)
  return known.json
}

/** The frames of one page of the log. */
export function streamFrames(items: readonly StreamItem[], source: string, isBinary: boolean): FramedRun {
  if (latestPage?.isBinary === isBinary && isSamePage(latestPage.items, items)) return latestPage.run
  const frames = items.map((item) =>
    item.type === 'event' ? eventFrame(item.event, source, isBinary) : gapFrame(item, isBinary),
  )
  latestPage = { items, isBinary, run: joinFramed(frames) }
  return latestPage.run
}

function isSamePage(a: readonly StreamItem[], b: readonly StreamItem[]): boolean {
  return a.length === b.length && a.every((item, index) => isSameEvent(item, b[index]))
}

function isSameEvent(a: StreamItem, b: StreamItem | undefined): boolean {
  return a.type === 'event' && b?.type === 'event' && a.event === b.event
}

function gapFrame(gap: GapItem, isBinary: boolean): FramedMessage {
  return framed((isBinary ? MSGPACK_FORMAT : JSON_FORMAT).encode(gap), isBinary)
}

function formsOf(event: SwarmEvent): EventForms {
  let known = forms.get(event)
  if (known === undefined) {
    known = {}
    forms.set(event, known)
  }
  return known
}

function framed(message: string | Buffer, isBinary: boolean): FramedMessage {
  return frameMessage(typeof message === 'string' ? Buffer.from(message) : message, isBinary)
}
