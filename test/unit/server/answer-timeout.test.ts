import { fastify } from 'fastify'
import { expect, it } from 'vitest'
import { limitAnswerTimes } from '#server/answer-timeout.ts'
import { answerProblems } from '#server/problem/problem-replies.ts'
import { MemoryLogger } from '../../helpers/memory-logger.ts'

const SHORT_MS = 20

function serverWith(answer: () => Promise<unknown>, answerWithinMs?: number) {
  const app = fastify()
  answerProblems(app, { logger: new MemoryLogger() })
  limitAnswerTimes(app, SHORT_MS)
  app.get('/', { config: answerWithinMs === undefined ? {} : { answerWithinMs } }, answer)
  return app
}

const never = (): Promise<never> => new Promise(() => undefined)
const late = (): Promise<string> => new Promise((resolve) => setTimeout(() => resolve('late'), 3 * SHORT_MS))

it('answers in place of a handler that takes too long', async () => {
  const { statusCode, body } = await serverWith(never).inject('/')
  expect({ statusCode, ...(JSON.parse(body) as object) }).toMatchObject({
    statusCode: 503,
    code: 'answer_timeout',
    retryable: true,
  })
})

it('gives a route the time it asks for', async () => {
  const { statusCode, body } = await serverWith(late, 1_000 * SHORT_MS).inject('/')
  expect({ statusCode, body }).toEqual({ statusCode: 200, body: 'late' })
})
