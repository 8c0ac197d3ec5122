import { type Static, Type } from '@sinclair/typebox'
import { PROBLEM_CODES } from './problem-codes.ts'
import { Text } from './scalars.ts'
import { closedObject, textEnum } from './schema.ts'

const FieldError = closedObject(
  {
    pointer: Type.String({
      maxLength: 1_024,
      description: 'RFC 6901 pointer into what was sent; empty for all of it.',
    }),
    in: textEnum(['body', 'query', 'path', 'headers', 'frame'], { description: 'Which part was wrong.' }),
    detail: Text('What is wrong with it.'),
  },
  { title: 'FieldError', description: 'One thing wrong with what was sent.' },
)

export const PROBLEM_PROPERTIES = {
  type: Type.String({
    maxLength: 256,
    description: 'A URN for the kind of problem: `urn:amos:problem:` and the code.',
  }),
  title: Text('The kind of problem, for people.'),
  status: Type.Integer({ minimum: 400, maximum: 599, description: 'The HTTP status.' }),
  detail: Text('This problem, for people.', 4_096),
  instance: Type.String({ maxLength: 4_096, description: 'The path that was asked for.' }),
  requestId: Type.Optional(
    Type.String({
      maxLength: 64,
      description: 'The id of the request, as in the header `X-Request-Id` and in the log of the server.',
    }),
  ),
  code: textEnum(PROBLEM_CODES, { description: 'The kind of problem, for programs.' }),
  retryable: Type.Boolean({ description: 'Whether the same request may succeed later.' }),
  retryAfterMs: Type.Optional(
    Type.Integer({
      minimum: 0,
      description: 'When to try again, in milliseconds; also in `Retry-After`, in seconds.',
    }),
  ),
  errors: Type.Optional(
    Type.Array(FieldError, {
      maxItems: 20,
      description: 'What was wrong with what was sent, where that was it.',
    }),
  ),
  details: Type.Optional(
    Type.Record(Type.String({ maxLength: 64 }), Type.Unknown(), {
      maxProperties: 16,
      description: 'What a program can act on; the fields depend on `code`.',
    }),
  ),
}

export const Problem = closedObject(PROBLEM_PROPERTIES, {
  title: 'Problem',
  description: 'What went wrong, as in RFC 9457.',
})
export type Problem = Static<typeof Problem>
