import type { FastifyError } from 'fastify'
import type { Problem } from '#contract/problem.ts'
import { PROBLEMS, type ProblemCode } from '#contract/problem-codes.ts'
import { isSwarmError, type SwarmError, type SwarmErrorCode } from '#domain/model/errors.ts'
import { SENTENCES } from './problem-sentences.ts'
import { RequestError } from './request-error.ts'

/** All of a problem document but where it happened. */
export type ProblemBody = Omit<Problem, 'instance'>

/** When to try again where the problem does not say. */
const RETRY_AFTER_MS = 1_000
const ERRORS_MAX = 20

// A refusal of the domain that has no status here does not compile.
const STATUS_OF: Readonly<Record<SwarmErrorCode, { readonly status: number }>> = PROBLEMS

/** What is answered for an error, whatever was thrown. `internal_error` is ours, and to be logged. */
export function problemOf(error: unknown): ProblemBody {
  if (isSwarmError(error)) return fromSwarmError(error)
  if (error instanceof RequestError) {
    const { errors, details, retryAfterMs } = error.options
    return problem(error.code, error.message, { errors, details, retryAfterMs })
  }
  return fromFastifyError(error)
}

function fromSwarmError(error: SwarmError): ProblemBody {
  const details = error.details as unknown as Record<string, unknown>
  const sentence = SENTENCES[error.code] as (details: Record<string, unknown>) => string
  const { retryAfterMs, deadlineAt, ...rest } = details
  return problem(error.code, sentence(details), {
    // Times are RFC 3339 on the wire.
    details:
      typeof deadlineAt === 'number' ? { ...rest, deadline: new Date(deadlineAt).toISOString() } : rest,
    retryAfterMs: typeof retryAfterMs === 'number' ? retryAfterMs : undefined,
  })
}

interface Extras {
  readonly errors?: Problem['errors'] | undefined
  readonly details?: Problem['details'] | undefined
  readonly retryAfterMs?: number | undefined
}

function problem(
  code: ProblemCode,
  detail: string,
  { errors, details, retryAfterMs }: Extras = {},
): ProblemBody {
  const { title, retryable } = PROBLEMS[code]
  const { status } = code in STATUS_OF ? STATUS_OF[code as SwarmErrorCode] : PROBLEMS[code]
  return {
    type: `urn:amos:problem:${code}`,
    title,
    status,
    detail,
    code,
    retryable,
    ...(retryable ? { retryAfterMs: retryAfterMs ?? RETRY_AFTER_MS } : {}),
    ...(errors === undefined ? {} : { errors: errors.slice(0, ERRORS_MAX) }),
    ...(details === undefined ? {} : { details }),
  }
}

/** What Fastify and its plugins refuse by themselves. */
const FASTIFY_CODES: Readonly<Record<string, ProblemCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'payload_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'bad_request',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'json_invalid',
  FST_ERR_CTP_EMPTY_TYPE: 'unsupported_media_type',
  FST_ERR_BAD_URL: 'bad_request',
  FST_ERR_MAX_PARAM_LENGTH: 'uri_too_long',
  FST_ERR_HANDLER_TIMEOUT: 'answer_timeout',
}

/** What Node calls a connection that ended in the middle of something. */
const CONNECTION_LOST: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ERR_STREAM_PREMATURE_CLOSE',
])

/** The problem of a status that an error brings along; `bad_request` for others from 400 to 499. */
const CODE_OF_STATUS: Readonly<Record<number, ProblemCode>> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  408: 'request_timeout',
  413: 'payload_too_large',
  414: 'uri_too_long',
  415: 'unsupported_media_type',
  429: 'rate_limited',
  431: 'headers_too_large',
}

function fromFastifyError(error: unknown): ProblemBody {
  const { code = '', message = '', statusCode } = (error ?? {}) as Partial<FastifyError>
  const known = FASTIFY_CODES[code]
  if (known !== undefined) return problem(known, message)
  if (CONNECTION_LOST.has(code)) {
    return problem('request_aborted', 'The connection ended before the request was answered.')
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    const own = CODE_OF_STATUS[statusCode] ?? 'bad_request'
    return { ...problem(own, PROBLEMS[own].title), status: statusCode }
  }
  return problem('internal_error', 'The server failed; its log says more under the id of this request.')
}
