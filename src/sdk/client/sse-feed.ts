import type { Gap, SwarmEvent } from '#contract/index.ts'
import { startTimer } from '#infra/system/timer.ts'
import { type EventItem, type FeedRequest, isEventItem } from './event-feed.ts'
import { noAnswer } from './refusal.ts'
import { type SseMessage, SseParser } from './sse-parser.ts'
import { connectionFailed } from './swarm-api-error.ts'

/** The server says something at least every 15 s, if only a comment. */
const SILENCE_MAX_MS = 60_000

/** Events as server-sent events over `fetch`: runs in browsers as well, and takes the API key where `EventSource` cannot. */
export async function* openSseFeed(request: FeedRequest): AsyncGenerator<EventItem, void, undefined> {
  const { connection, swarmId, since, types, subject } = request
  const ending = new AbortController()
  const response = await connection.open({
    method: 'GET',
    path: `/v1/swarms/${encodeURIComponent(swarmId)}/events`,
    query: { since, subject, types: types.length === 0 ? undefined : types.join(',') },
    headers: { accept: 'text/event-stream' },
    signal: AbortSignal.any([request.signal, ending.signal]),
  })
  const type = response.headers.get('content-type') ?? ''
  if (response.body === null || !type.toLowerCase().startsWith('text/event-stream')) {
    ending.abort()
    throw noAnswer(response.status, `${connection.url} answered without an event stream`)
  }
  const reader = response.body.getReader()
  const decoder = new TextDecoder()
  const parser = new SseParser()
  const watchdog = new Watchdog(() => ending.abort(new Error(`silent for ${SILENCE_MAX_MS} ms`)))
  try {
    for (;;) {
      watchdog.restart()
      const { done, value } = await reader.read()
      // A slow reader of ours is no silence of the server's.
      watchdog.stop()
      if (done) return
      for (const message of parser.push(decoder.decode(value, { stream: true }))) yield toItem(message)
    }
  } catch (error) {
    if (request.signal.aborted) return
    throw connectionFailed(connection.url, ending.signal.aborted ? ending.signal.reason : error)
  } finally {
    watchdog.stop()
    ending.abort()
  }
}

function toItem({ event, data }: SseMessage): EventItem {
  const item =
    event === 'gap'
      ? { type: 'gap' as const, ...(JSON.parse(data) as Gap) }
      : { type: 'event' as const, event: JSON.parse(data) as SwarmEvent }
  if (!isEventItem(item)) throw new TypeError('what came is no event')
  return item
}

class Watchdog {
  readonly #onSilence: () => void
  #cancel: () => void = () => undefined

  constructor(onSilence: () => void) {
    this.#onSilence = onSilence
  }

  restart(): void {
    this.stop()
    this.#cancel = startTimer(SILENCE_MAX_MS, this.#onSilence)
  }

  stop(): void {
    this.#cancel()
  }
}
