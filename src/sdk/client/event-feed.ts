import type { StreamFrameOf } from '#contract/index.ts'
import type { HttpConnection } from './http-connection.ts'

/** An event of the log, or a `gap`: events that are no longer to be had. */
export type EventItem = StreamFrameOf<'event'> | StreamFrameOf<'gap'>

/** Whether what came can be an item: something else than the server may have sent it. */
export function isEventItem(item: unknown): item is EventItem {
  if (typeof item !== 'object' || item === null) return false
  const { type, event, reason } = item as Partial<Record<'type' | 'event' | 'reason', unknown>>
  if (type === 'gap') return typeof reason === 'string'
  return type === 'event' && typeof (event as { readonly id?: unknown } | null | undefined)?.id === 'string'
}

/** What an {@link OpenFeed} is asked for. */
export interface FeedRequest {
  readonly connection: HttpConnection
  readonly swarmId: string
  /** What comes after it is sent. */
  readonly since: string
  readonly types: readonly string[]
  readonly subject: string | undefined
  /** Ends the feed. */
  readonly signal: AbortSignal
}

/**
 * One connection that events come over, in order. It ends when the server closes it.
 *
 * What is not taken waits at the server: a feed reads no further ahead than a few items.
 *
 * @throws SwarmApiError when the server refuses it, or the connection fails
 */
export type OpenFeed = (request: FeedRequest) => AsyncIterable<EventItem>
