import { cutText } from '#contract/text.ts'

/**
 * What the SDK needs around code it did not write. Such code may throw any value, and reading that value may throw
 * again: an object without a prototype, a `message` that is no text, a `toString` or a proxy that throws.
 */

const WARNING_LENGTH_MAX = 1_024
const UNSHOWABLE = 'a value that cannot be shown as text'

/** A value as text for people: of an error its message. Never throws. */
export function textOf(value: unknown): string {
  try {
    if (typeof value === 'string') return value
    const shown: unknown = value instanceof Error ? value.message : value
    return String(shown)
  } catch {
    return UNSHOWABLE
  }
}

/** What was thrown, as an error whose message is text. Never throws. */
export function errorOf(thrown: unknown): Error {
  disarm(thrown)
  try {
    if (thrown instanceof Error && typeof thrown.message === 'string') return thrown
  } catch {
    // Not even its kind can be asked for.
  }
  return new Error(textOf(thrown), { cause: thrown })
}

/** A promise may be thrown, too: that it rejects is nobody's business any more. */
export function disarm(thrown: unknown): void {
  try {
    if (thrown instanceof Promise) thrown.then(undefined, () => undefined)
  } catch {
    // It was none.
  }
}

/**
 * Calls an observer: whatever it throws, at once or from a promise, comes to `onFailure` and to nobody else.
 *
 * @param onFailure a warning of the process where left out
 */
export function callObserver<Argument>(
  observer: ((argument: Argument) => unknown) | undefined,
  argument: Argument,
  onFailure: (error: Error) => void = warn,
): void {
  const failed = (thrown: unknown): void => onFailure(errorOf(thrown))
  try {
    const returned = observer?.(argument)
    // A thenable is user code as well: awaiting it inside the promise keeps what it throws there.
    if (typeof returned === 'object' && returned !== null)
      new Promise((resolve) => resolve(returned)).catch(failed)
  } catch (thrown) {
    failed(thrown)
  }
}

/** The last resort: Node prints a warning with its text, a browser an error to its console. */
function warn(error: Error): void {
  const { process, console } = globalThis as unknown as {
    readonly process?: { emitWarning?(warning: string, type: string): void }
    readonly console?: { error(text: string): void }
  }
  const text = `an observer failed: ${cutText(error.message, WARNING_LENGTH_MAX)}`
  if (process?.emitWarning === undefined) console?.error(text)
  else process.emitWarning(text, 'AmosObserverWarning')
}
