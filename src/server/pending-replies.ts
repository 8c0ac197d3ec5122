import type { FastifyInstance, FastifyReply } from 'fastify'

/** The requests that have no answer yet. Streams have theirs, and WebSockets are no requests any more. */
export class PendingReplies {
  readonly #replies = new Set<FastifyReply>()

  observe(app: FastifyInstance): void {
    app.addHook('onRequest', async (request, reply) => {
      if (request.ws) return
      this.#replies.add(reply)
      // Also where the connection ends before the answer, of which no hook is told.
      reply.raw.once('close', () => this.#replies.delete(reply))
    })
  }

  get count(): number {
    let count = 0
    for (const reply of this.#replies) if (!reply.sent) count += 1
    return count
  }
}
