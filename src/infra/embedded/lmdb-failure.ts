import { setImmediate as nextTurn } from 'node:timers/promises'

/**
 * The error behind a rejected transaction. lmdb tells why a commit failed through a second promise, whose rejection
 * would end the process if nobody took it; it comes at once where it comes at all.
 */
export async function causeOfFailure(error: unknown): Promise<Error> {
  const failure = error instanceof Error ? error : new Error(String(error))
  const { commitError } = failure as { readonly commitError?: Promise<never> }
  if (commitError === undefined) return failure
  const reason = await Promise.race([commitError.catch((reason: unknown) => reason), nextTurn()])
  return reason instanceof Error ? reason : failure
}
