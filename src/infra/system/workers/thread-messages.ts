import {
  isSwarmError,
  SwarmError,
  type SwarmErrorCode,
  type SwarmErrorDetails,
} from '#domain/model/errors.ts'

/** To a thread. A session's messages arrive in order. */
export type ThreadRequest =
  | {
      readonly type: 'open'
      readonly sessionId: number
      readonly program: string
      readonly options: unknown
    }
  | {
      readonly type: 'call'
      readonly sessionId: number
      readonly callId: number
      readonly method: string
      readonly argument: unknown
    }
  | { readonly type: 'close'; readonly sessionId: number }

/** From a thread: the answer to a call. */
export type ThreadReply =
  | { readonly callId: number; readonly result: unknown }
  | { readonly callId: number; readonly failure: ThreadFailure }

type ThreadFailure =
  | { readonly code: SwarmErrorCode; readonly details: SwarmErrorDetails[SwarmErrorCode] }
  | { readonly message: string; readonly stack: string | undefined }

export function failureOf(error: unknown): ThreadFailure {
  if (isSwarmError(error)) return { code: error.code, details: error.details }
  return error instanceof Error
    ? { message: error.message, stack: error.stack }
    : { message: String(error), stack: undefined }
}

export function errorOf(failure: ThreadFailure): Error {
  if ('code' in failure) return new SwarmError(failure.code, failure.details)
  const error = new Error(failure.message)
  if (failure.stack !== undefined) error.stack = failure.stack
  return error
}
