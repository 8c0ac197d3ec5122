import { Agent, request as sendHttp } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestNode, type TestNode } from '../../helpers/test-node.ts'

const KEYS = { loud: 'the-key-of-the-loud-one', quiet: 'the-key-of-the-quiet-one' }
const CONNECTIONS = 64
const QUIET_REQUESTS = 60
const TASK = JSON.stringify({ type: 'x', capabilities: ['none'] })
const BATCH = JSON.stringify({ tasks: Array.from({ length: 50 }, () => JSON.parse(TASK) as object) })

/** Counted in answers, not in time: how long any of them takes is the machine's business. */
describe('a tenant with many connections', () => {
  let node: TestNode
  const agent = new Agent({ keepAlive: true })

  beforeAll(async () => {
    const keys = Object.entries(KEYS).map(([tenant, key]) => ({
      name: tenant,
      tenant,
      roles: ['admin'],
      key,
    }))
    node = await startTestNode({
      AMOS_API_KEYS: JSON.stringify(keys),
      AMOS_DURABILITY: 'committed',
      AMOS_OPEN_TASKS_MAX: '1000000',
    })
  })
  afterAll(async () => {
    agent.destroy()
    await node.close()
  })

  function send(tenant: keyof typeof KEYS, path: string, body?: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${KEYS[tenant]}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      }
      const method = body === undefined ? 'GET' : 'POST'
      const request = sendHttp(
        `${node.url}/v1/swarms/default${path}`,
        { agent, method, headers },
        (response) => {
          response.resume()
          response.on('end', () => resolve(response.statusCode ?? 0))
        },
      )
      request.on('error', reject)
      request.end(body)
    })
  }

  it.each([
    ['submits', '/tasks', TASK],
    ['batches', '/tasks/batch', BATCH],
    ['reads', '/tasks?pageSize=100', undefined],
  ])('keeps another one waiting for a small part of its requests only: %s', async (_, path, body) => {
    let answered = 0
    let isOver = false
    const loud = Array.from({ length: CONNECTIONS }, async () => {
      while (!isOver) {
        expect(await send('loud', path, body)).toBeLessThan(300)
        answered += 1
      }
    })
    const overtakenBy: number[] = []
    for (let count = 0; count < QUIET_REQUESTS; count += 1) {
      const before = answered
      expect(await send('quiet', '/tasks', TASK)).toBe(201)
      overtakenBy.push(answered - before)
    }
    isOver = true
    await Promise.all(loud)
    const mean = overtakenBy.reduce((sum, count) => sum + count, 0) / QUIET_REQUESTS
    expect(mean).toBeLessThan(CONNECTIONS / 2)
  })
})
