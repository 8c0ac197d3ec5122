import { setTimeout as sleep } from 'node:timers/promises'

/** lmdb tells why a commit failed shortly after it told that it did, where it tells at all. */
const CAUSE_WAIT_MS = 100

/**
 * The error behind a rejected transaction. lmdb tells why a commit failed through a second promise, whose rejection
 * would end the process if nobody took it.
 */
export async function causeOfFailure(error: unknown): Promise<Error> {
  const failure = error instanceof Error ? error : new Error(String(error))
  const { commitError } = failure as { readonly commitError?: Promise<never> }
  if (commitError === undefined) return failure
  const reason = await Promise.race([
    commitError.catch((reason: unknown) => reason),
    sleep(CAUSE_WAIT_MS, undefined, { ref: false }),
  ])
  return reason instanceof Error ? reason : failure
}
