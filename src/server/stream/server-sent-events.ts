import type { ServerResponse } from 'node:http'
import type { EventReader, StreamItem } from '#domain/communication/event-reader.ts'
import { eventId } from '../views/event-view.ts'
import { eventText } from './event-frames.ts'

const KEEP_ALIVE_MS = 15_000
const READ_MAX = 256

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  // For proxies that would gather the answer before they pass it on.
  'x-accel-buffering': 'no',
}

export interface ServerSentEventsOptions {
  readonly source: string
  readonly headers: Readonly<Record<string, string>>
  onSent(count: number): void
}

/** Writes the log to a response until either ends. The log is read no faster than the response is. */
export async function sendServerSentEvents(
  reader: EventReader,
  response: ServerResponse,
  { source, headers, onSent }: ServerSentEventsOptions,
): Promise<void> {
  response.on('close', () => reader.close())
  // The client may have left before there was anybody to hear of it.
  if (response.destroyed) reader.close()
  response.writeHead(200, { ...headers, ...HEADERS })
  response.flushHeaders()
  // Without it a proxy or the idle timeout of the socket would end a quiet stream.
  const keepAlive = setInterval(() => response.write(': still here\n\n'), KEEP_ALIVE_MS)
  try {
    for (let items = await reader.next(READ_MAX); items.length > 0; items = await reader.next(READ_MAX)) {
      const hasRoom = response.write(items.map((item) => messageText(item, source)).join(''))
      onSent(items.length)
      if (!hasRoom && !response.destroyed) await drained(response)
    }
  } finally {
    clearInterval(keepAlive)
    reader.close()
    response.end()
  }
}

function messageText(item: StreamItem, source: string): string {
  if (item.type === 'event') return `id: ${eventId(item.event)}\ndata: ${eventText(item.event, source)}\n\n`
  // Without an id: who reconnects before the next event is told of the gap again.
  const { type: _, ...gap } = item
  return `event: gap\ndata: ${JSON.stringify(gap)}\n\n`
}

/** Until the response can take more, or is gone. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done)
      response.off('close', done)
      resolve()
    }
    response.on('drain', done)
    response.on('close', done)
  })
}
