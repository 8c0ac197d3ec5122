import { Type } from '@sinclair/typebox'
import { LIMITS } from '../limits.ts'
import { AgentId, SwarmId, TaskId } from '../scalars.ts'
import { closedObject } from '../schema.ts'

export const SwarmParams = closedObject({ swarmId: SwarmId })
export const AgentParams = closedObject({ swarmId: SwarmId, agentId: AgentId })
export const TaskParams = closedObject({ swarmId: SwarmId, taskId: TaskId })

export const PAGE_QUERY = {
  pageSize: Type.Integer({
    minimum: 1,
    maximum: LIMITS.pageSizeMax,
    default: LIMITS.pageSizeDefault,
    description: 'Most items to answer with.',
  }),
  pageToken: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: LIMITS.pageTokenLengthMax,
      description: 'The `nextPageToken` of the page before, asked for with the same filter.',
    }),
  ),
}

/** Fastify hands headers over with all others the request has, so unknown ones are let pass. */
export const IfMatchHeaders = Type.Object({
  'if-match': Type.Optional(
    Type.String({
      pattern: '^"v[0-9]{1,15}"$',
      maxLength: 20,
      description: 'Change it only if it still has this `ETag`; otherwise `version_conflict`.',
    }),
  ),
})

/** Fastify hands headers over with all others the request has, so unknown ones are let pass. */
export const IdempotencyHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      pattern: '^[\\x21-\\x2e\\x30-\\x7e]+$',
      minLength: 1,
      maxLength: LIMITS.idempotencyKeyLengthMax,
      description:
        'Makes the request repeatable: the same key and body lead to the same tasks. Printable ASCII without `/`; kept for at least 24 hours.',
    }),
  ),
})
