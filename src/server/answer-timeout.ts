import type { FastifyInstance, FastifyRequest } from 'fastify'
import { RequestError } from './problem/request-error.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** How long the route may take to answer, where that is not the usual time. In milliseconds. */
    answerWithinMs?: number
  }
}

/**
 * Answers in place of a handler that takes too long.
 *
 * Not Fastify's own `handlerTimeout`: it makes an abort signal for each request and aborts it when the request is over,
 * at the price of a tenth of all that a submit costs.
 */
export function limitAnswerTimes(app: FastifyInstance, usualMs: number): void {
  const timers = new WeakMap<FastifyRequest, NodeJS.Timeout>()
  app.addHook('onRequest', async (request, reply) => {
    const answerWithinMs = request.routeOptions.config.answerWithinMs ?? usualMs
    const answer = (): void => {
      if (reply.sent) return
      void reply.send(new RequestError('answer_timeout', `There was no answer within ${answerWithinMs} ms.`))
    }
    timers.set(request, setTimeout(answer, answerWithinMs).unref())
  })
  app.addHook('onResponse', async (request) => {
    clearTimeout(timers.get(request))
  })
}
