import { type Static, Type } from '@sinclair/typebox'
import { PROBLEM_PROPERTIES } from '../problem.ts'
import { Text } from '../scalars.ts'
import { frame, RequestId } from './frame.ts'

/** Frames that both WebSockets send. */

export const ErrorFrame = frame(
  'error',
  'ErrorFrame',
  'A frame was refused, or the connection is about to be closed. The fields are those of a problem document.',
  {
    requestId: Type.Optional(RequestId),
    code: PROBLEM_PROPERTIES.code,
    title: PROBLEM_PROPERTIES.title,
    status: PROBLEM_PROPERTIES.status,
    detail: PROBLEM_PROPERTIES.detail,
    retryable: PROBLEM_PROPERTIES.retryable,
    retryAfterMs: PROBLEM_PROPERTIES.retryAfterMs,
    errors: PROBLEM_PROPERTIES.errors,
    details: PROBLEM_PROPERTIES.details,
  },
)
export type ErrorFrame = Static<typeof ErrorFrame>

export const DrainFrame = frame(
  'drain',
  'DrainFrame',
  'Nothing new will come over this connection: the server goes away, or the agent is draining.',
  { reason: Text('Why, for people.') },
)
export type DrainFrame = Static<typeof DrainFrame>
