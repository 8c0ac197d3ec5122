import type { FastifyInstance, FastifyRequest } from 'fastify'
import { SwarmError } from '#domain/model/errors.ts'
import type { Turns } from '#domain/ports/turns.ts'
import { RequestError } from './problem/request-error.ts'
import { cancellationOf } from './routes/cancellation.ts'

export interface FairRequestsOptions {
  /** Requests of one tenant that may wait for their turn. */
  readonly waitingRequestsMax: number
}

/** Bytes of a body that cost as much as a small request. */
const BODY_BYTES_PER_COST = 256

/** Lets each request wait for the turn of its tenant, after its caller is known and before its body is read. */
export function shareTurns(
  app: FastifyInstance,
  { waitingRequestsMax: limit }: FairRequestsOptions,
  { turns }: { readonly turns: Turns },
): void {
  app.addHook('preParsing', async (request, reply, payload) => {
    if (request.caller === null) return payload
    const { tenant } = request.caller
    const actual = turns.waitingCount(tenant) + 1
    if (actual > limit)
      throw new SwarmError('limit_exceeded', { limitName: 'waitingRequestsMax', limit, actual })
    const { turn, end } = turns.admit(tenant, costOf(request))
    reply.raw.once('close', end)
    if (turn === undefined) return payload
    await turn
    if (cancellationOf(reply).aborted) throw new RequestError('request_aborted', 'The client did not wait.')
    return payload
  })
}

function costOf({ headers }: FastifyRequest): number {
  const bytes = Number(headers['content-length'] ?? 0)
  return 1 + (Number.isFinite(bytes) ? Math.floor(bytes / BODY_BYTES_PER_COST) : 0)
}
