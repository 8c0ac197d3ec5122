import { setTimeout as delay } from 'node:timers/promises'

export interface EventuallyOptions {
  /** How long to keep asking, 10 000 by default. */
  readonly timeoutMs?: number
  /** Pause between two questions, 10 by default. */
  readonly everyMs?: number
  /** What is waited for, in the words of the error; a function when it shows how things stood at the end. */
  readonly what?: string | (() => string)
}

/** What a probe may answer to say "not yet". */
type NotYet = undefined | null | false

/**
 * Asks until the answer is neither `undefined`, `null` nor `false`, and returns it.
 *
 * A probe that throws is asked again; the last thing it threw is the `cause` of the error at the deadline.
 */
export async function eventually<T>(
  probe: () => T | Promise<T>,
  { timeoutMs = 10_000, everyMs = 10, what = 'the expected state' }: EventuallyOptions = {},
): Promise<Exclude<T, NotYet>> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    let cause: unknown
    try {
      const answer = await probe()
      if (answer !== undefined && answer !== null && answer !== false) return answer as Exclude<T, NotYet>
    } catch (error) {
      cause = error
    }
    if (performance.now() >= deadline) {
      const wanted = typeof what === 'string' ? what : what()
      throw new Error(`waited ${timeoutMs} ms in vain for ${wanted}`, { cause })
    }
    await delay(everyMs)
  }
}
