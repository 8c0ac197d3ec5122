import type { Problem, ProblemCode } from '#contract/index.ts'
import { textOf } from './user-code.ts'

/**
 * What a call failed with: a code of the server's problem documents, or `connection_failed` where no server answered
 * and `response_invalid` where what answered is no AMOS server, as behind a wrong address.
 */
export type SwarmApiErrorCode = ProblemCode | 'connection_failed' | 'response_invalid'

export interface SwarmApiErrorParts {
  readonly code: SwarmApiErrorCode
  readonly message: string
  readonly status?: number
  readonly retryable?: boolean
  readonly retryAfterMs?: number | undefined
  readonly details?: Readonly<Record<string, unknown>> | undefined
  readonly errors?: Problem['errors'] | undefined
}

/**
 * A call that the server refused, or that did not reach one.
 *
 * Act on {@link code} and {@link details}; the message is for people and may change.
 */
export class SwarmApiError extends Error {
  override readonly name = 'SwarmApiError'
  readonly code: SwarmApiErrorCode
  /** The HTTP status; 0 where there was no answer. */
  readonly status: number
  /** Whether the same call may succeed later. */
  readonly retryable: boolean
  /** How long the server asks to wait before that. */
  readonly retryAfterMs: number | undefined
  /** What a program can act on; the fields depend on {@link code}. */
  readonly details: Readonly<Record<string, unknown>>
  /** What was wrong with what was sent, field by field, where that was it. */
  readonly errors: NonNullable<Problem['errors']>

  constructor(parts: SwarmApiErrorParts, options?: ErrorOptions) {
    super(parts.message, options)
    this.code = parts.code
    this.status = parts.status ?? 0
    this.retryable = parts.retryable ?? false
    this.retryAfterMs = parts.retryAfterMs
    this.details = parts.details ?? {}
    this.errors = parts.errors ?? []
  }
}

/** The fields a problem document and an `error` frame have in common. */
type ProblemFields = Pick<
  Problem,
  'code' | 'title' | 'status' | 'detail' | 'retryable' | 'retryAfterMs' | 'errors' | 'details'
>

export function errorFromProblem(problem: ProblemFields): SwarmApiError {
  const { code, title, status, detail, retryable, retryAfterMs, details, errors } = problem
  return new SwarmApiError({
    code,
    message: detail || title,
    status,
    retryable,
    retryAfterMs,
    details,
    errors,
  })
}

export function connectionFailed(url: string, cause: unknown): SwarmApiError {
  return new SwarmApiError(
    { code: 'connection_failed', message: `no answer from ${url}: ${rootMessage(cause)}`, retryable: true },
    { cause },
  )
}

/** How many causes of causes are looked at. */
const CAUSES_MAX = 10

/**
 * `fetch` says no more than "fetch failed"; why is in its causes, of which a dual-stack dial has several. A `fetch` that
 * was given to the client may throw anything.
 */
function rootMessage(thrown: unknown): string {
  try {
    let error = thrown
    for (let depth = 0; depth < CAUSES_MAX; depth += 1) {
      const next: unknown = causeOf(error)
      if (next === undefined) break
      error = next
    }
    return textOf(error)
  } catch {
    return textOf(thrown)
  }
}

function causeOf(error: unknown): unknown {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors[0]
  return error instanceof Error ? error.cause : undefined
}
