/** The longest delay that a timer of Node or of a browser takes: for a longer one it fires at once. */
const PLATFORM_DELAY_MS_MAX = 2_147_483_647

export interface TimerOptions {
  /** Whether a process goes on for as long as the timer runs. Default true. */
  readonly keepsAlive?: boolean
}

/**
 * Calls back once, not before `delayMs` have passed, however long that is. The returned function cancels.
 *
 * @param delayMs in milliseconds; below 0 counts as 0, and `Infinity` never calls back
 * @throws RangeError for a delay that is not a number
 */
export function startTimer(
  delayMs: number,
  callback: () => void,
  { keepsAlive = true }: TimerOptions = {},
): () => void {
  if (typeof delayMs !== 'number' || Number.isNaN(delayMs))
    throw new RangeError('the delay of a timer must be a number of milliseconds')
  if (delayMs === Number.POSITIVE_INFINITY) return () => undefined
  const dueAt = performance.now() + Math.max(0, delayMs)
  let timer: ReturnType<typeof setTimeout>
  const arm = (): void => {
    const leftMs = Math.ceil(Math.max(0, dueAt - performance.now()))
    timer = setTimeout(fire, Math.min(leftMs, PLATFORM_DELAY_MS_MAX))
    if (!keepsAlive) (timer as { unref?(): void }).unref?.()
  }
  // A platform rounds to whole milliseconds and may call up to one early.
  const fire = (): void => (performance.now() < dueAt ? arm() : callback())
  arm()
  return () => clearTimeout(timer)
}

/** A time limit, to be cancelled once what it limits has ended. */
export interface TimeLimit {
  /** Aborted with a `TimeoutError` once the time has passed. */
  readonly signal: AbortSignal
  cancel(): void
}

/** As `AbortSignal.timeout`, for any length of time. @throws RangeError for a time that is not a number */
export function timeLimit(timeoutMs: number): TimeLimit {
  const controller = new AbortController()
  const message = `not done within ${timeoutMs} ms`
  const cancel = startTimer(timeoutMs, () => controller.abort(new DOMException(message, 'TimeoutError')))
  return { signal: controller.signal, cancel }
}

/** For a time that a caller gives. @throws RangeError where it is not 0 or more milliseconds; `Infinity` is allowed */
export function checkDurationMs(name: string, value: number | undefined): void {
  if (value === undefined || (typeof value === 'number' && value >= 0)) return
  throw new RangeError(`${name} must be a number of milliseconds, 0 or more`)
}
