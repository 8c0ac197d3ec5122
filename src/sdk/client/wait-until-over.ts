import { checkDurationMs, type TimeLimit, timeLimit } from '#infra/system/timer.ts'
import { Backoff, pause } from './backoff.ts'
import type { EventSubscription, SubscriptionOptions } from './event-subscription.ts'
import { SwarmApiError } from './swarm-api-error.ts'
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

/**
 * With a `timeoutMs` the first questions are repeated for that long as well; without one they fail as other calls do.
 *
 * @throws the signal's reason, or a `TimeoutError`, when it is given up first; RangeError for a `timeoutMs` that is none
 */
export async function waitUntilOver<T>(
  source: EventSource,
  expected: Expected<T>,
  { signal, timeoutMs }: WaitOptions,
): Promise<T> {
  checkDurationMs('timeoutMs', timeoutMs)
  const limit: TimeLimit | undefined = timeoutMs === undefined ? undefined : timeLimit(timeoutMs)
  const signals = [signal, limit?.signal].filter((one) => one !== undefined)
  const either = signals.length > 1 ? AbortSignal.any(signals) : signals[0]
  try {
    return await wait(source, expected, either, limit !== undefined)
  } finally {
    limit?.cancel()
  }
}

async function wait<T>(
  source: EventSource,
  { subject, types, read, isOver }: Expected<T>,
  signal: AbortSignal | undefined,
  isLimited: boolean,
): Promise<T> {
  const bySignal = signal === undefined ? {} : { signal }
  const ask = <A>(question: () => Promise<A>): Promise<A> =>
    isLimited ? untilAnswered(question, signal) : question()
  // The end of the log first and the thing itself second: what happens in between is in the log after that end.
  const { lastSequence } = await ask(() => source.readEvents({ pageSize: 1, ...bySignal }))
  const before = await ask(() => read(bySignal))
  if (isOver(before)) return before
  for await (const item of source.events({ since: String(lastSequence), subject, types, ...bySignal })) {
    // A gap may have swallowed the event that is waited for: the thing itself knows.
    const state = await untilAnswered(() => read(bySignal), signal)
    if (item.type === 'event' || isOver(state)) return state
  }
  signal?.throwIfAborted()
  throw new Error(`the events of ${subject} ended before it did`)
}

/** However long the server is away. @throws what repeating would not help; the signal's reason */
async function untilAnswered<A>(question: () => Promise<A>, signal: AbortSignal | undefined): Promise<A> {
  const backoff = new Backoff({ minMs: 50, baseMs: 250, maxMs: 5_000 })
  for (;;) {
    try {
      return await question()
    } catch (error) {
      signal?.throwIfAborted()
      if (!(error instanceof SwarmApiError) || !error.retryable) throw error
      await pause(Math.max(backoff.nextMs(), error.retryAfterMs ?? 0), signal)
    }
  }
}
