import { describe, expect, it } from 'vitest'
import { Problem } from '#contract/problem.ts'
import { PROBLEMS } from '#contract/problem-codes.ts'
import { SwarmError } from '#domain/model/errors.ts'
import { agentId, epochMs, taskId } from '#domain/model/ids.ts'
import { problemOf } from '#server/problem/problem.ts'
import { invalidField, RequestError } from '#server/problem/request-error.ts'
import { expectSchema } from '../../helpers/contract-client.ts'

const A_TASK = taskId('task-1')

describe('problemOf', () => {
  it('says a refusal of the swarm in words, and hands over what a program can act on', () => {
    const error = new SwarmError('lease_lost', { taskId: A_TASK, heldBy: agentId('ada') })
    expect(problemOf(error)).toEqual({
      type: 'urn:amos:problem:lease_lost',
      title: PROBLEMS.lease_lost.title,
      status: 409,
      detail: 'Task task-1 is held by agent ada, under another token.',
      code: 'lease_lost',
      retryable: false,
      details: { taskId: 'task-1', heldBy: 'ada' },
    })
  })

  it('says when to try again, and at least something where the error does not', () => {
    const known = problemOf(new SwarmError('store_unavailable', { reason: 'disk full', retryAfterMs: 2_500 }))
    expect(known).toMatchObject({ status: 503, retryable: true, retryAfterMs: 2_500 })
    const unknown = problemOf(new SwarmError('limit_exceeded', { limitName: 'x', limit: 1, actual: 2 }))
    expect(unknown).toMatchObject({ status: 429, retryable: true, retryAfterMs: 1_000 })
  })

  it('writes times as RFC 3339', () => {
    const { details } = problemOf(new SwarmError('deadline_passed', { deadlineAt: epochMs(0) }))
    expect(details).toEqual({ deadline: '1970-01-01T00:00:00.000Z' })
  })

  it('tells nothing of a mistake of ours', () => {
    for (const thrown of [new Error('password is hunter2'), 'text', undefined, null, { code: 'ENOENT' }]) {
      const problem = problemOf(thrown)
      expect(problem).toMatchObject({ status: 500, code: 'internal_error', retryable: false })
      expect(JSON.stringify(problem)).not.toContain('hunter2')
    }
  })

  it('points at the field that was wrong', () => {
    expect(problemOf(invalidField('body', '/tasks/3/deadline', 'is not a time'))).toMatchObject({
      status: 400,
      code: 'validation_failed',
      errors: [{ in: 'body', pointer: '/tasks/3/deadline', detail: 'is not a time' }],
    })
  })

  it('makes a document that fits the contract for every code', () => {
    for (const code of Object.keys(PROBLEMS) as (keyof typeof PROBLEMS)[]) {
      const problem = problemOf(new RequestError(code as RequestError['code'], 'because'))
      expectSchema(Problem, { ...problem, instance: '/' }, code)
      expect(problem).toMatchObject({ status: PROBLEMS[code].status, retryable: PROBLEMS[code].retryable })
    }
  })
})
