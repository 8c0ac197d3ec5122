import type { EventSubscription, SubscriptionOptions } from './event-subscription.ts'
import type { WaitOptions } from './swarm-client-options.ts'

/** The parts of the client that waiting needs. */
export interface EventSource {
  readEvents(options: {
    readonly pageSize: number
    readonly signal?: AbortSignal
  }): Promise<{ readonly lastSequence: number }>
  events(options: SubscriptionOptions): EventSubscription
}

/** Something that ends, and says so in the log. */
export interface Expected<T> {
  /** Its id, which its events are about. */
  readonly subject: string
  /** Of the events that end it. */
  readonly types: readonly string[]
  read(options: { readonly signal?: AbortSignal }): Promise<T>
  isOver(state: T): boolean
}

/** @throws the signal's reason, or a `TimeoutError`, when it is given up first */
export async function waitUntilOver<T>(
  source: EventSource,
  { subject, types, read, isOver }: Expected<T>,
  options: WaitOptions,
): Promise<T> {
  const signal = limitOf(options)
  const bySignal = signal === undefined ? {} : { signal }
  // The end of the log first and the thing itself second: what happens in between is in the log after that end.
  const { lastSequence } = await source.readEvents({ pageSize: 1, ...bySignal })
  const before = await read(bySignal)
  if (isOver(before)) return before
  for await (const item of source.events({ since: String(lastSequence), subject, types, ...bySignal })) {
    // A gap may have swallowed the event that is waited for: the thing itself knows.
    const state = await read(bySignal)
    if (item.type === 'event' || isOver(state)) return state
  }
  signal?.throwIfAborted()
  throw new Error(`the events of ${subject} ended before it did`)
}

function limitOf({ signal, timeoutMs }: WaitOptions): AbortSignal | undefined {
  if (timeoutMs === undefined) return signal
  const timeout = AbortSignal.timeout(timeoutMs)
  return signal === undefined ? timeout : AbortSignal.any([signal, timeout])
}
