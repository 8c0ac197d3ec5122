import type { Problem } from '#contract/problem.ts'
import type { ProblemCode } from '#contract/problem-codes.ts'
import type { SwarmErrorCode } from '#domain/model/errors.ts'

/** Problems the server finds itself, before or beside the swarm. */
export type RequestErrorCode =
  | Exclude<ProblemCode, SwarmErrorCode>
  | 'unauthorized'
  | 'draining'
  | 'cursor_invalid'

export interface RequestErrorOptions {
  readonly retryAfterMs?: number
  readonly errors?: Problem['errors']
  readonly details?: Problem['details']
  readonly cause?: unknown
}

/** A request that is refused at the edge; the domain never sees it. */
export class RequestError extends Error {
  override readonly name = 'RequestError'
  readonly code: RequestErrorCode
  readonly options: RequestErrorOptions

  constructor(code: RequestErrorCode, detail: string, options: RequestErrorOptions = {}) {
    super(detail, { cause: options.cause })
    this.code = code
    this.options = options
  }
}

/** For one field that fits its schema and yet cannot be accepted. */
export function invalidField(
  place: 'body' | 'query' | 'path' | 'headers' | 'frame',
  pointer: string,
  detail: string,
): RequestError {
  return new RequestError('validation_failed', `${pointer} ${detail}`, {
    errors: [{ in: place, pointer, detail }],
  })
}
