import type { FastifyReply } from 'fastify'
import type { PageRequest } from '#domain/orchestration/swarm-reader.ts'
import type { Cancellation } from '#domain/ports/cancellation.ts'

/** Cancels the work for a request whose client has left, or has been answered already: `answer_timeout`. */
export function cancellationOf({ raw }: FastifyReply): Cancellation {
  return {
    get aborted() {
      return raw.destroyed || raw.writableEnded
    },
  }
}

/** A page of a list for the client of the reply: no more of it is looked for once the client has left. */
export function pageRequest(reply: FastifyReply, pageSize: number, after: string | undefined): PageRequest {
  return { after, pageSize, cancellation: cancellationOf(reply) }
}
