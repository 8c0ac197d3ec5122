import { connect } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { AGENT_OPERATIONS } from '#contract/operations/agent-operations.ts'
import { SWARM_OPERATIONS } from '#contract/operations/swarm-operations.ts'
import { SYSTEM_OPERATIONS } from '#contract/operations/system-operations.ts'
import { TASK_OPERATIONS } from '#contract/operations/task-operations.ts'
import { ContractClient } from '../../helpers/contract-client.ts'
import { startTestNode, type TestNode } from '../../helpers/test-node.ts'

const { submitTask, submitTaskBatch, listTasks, getTask, completeTask } = TASK_OPERATIONS
const { createSwarm, getSwarm, updateSwarm, deleteSwarm, listSwarms } = SWARM_OPERATIONS
const { registerAgent, getAgent, claimTasks, updateAgent } = AGENT_OPERATIONS
const { readEvents, getLiveness } = SYSTEM_OPERATIONS

describe('what the server refuses over HTTP', () => {
  let node: TestNode
  let client: ContractClient

  beforeAll(async () => {
    node = await startTestNode()
    client = new ContractClient(node.url)
  })
  afterEach(async () => {
    const { status } = await client.call(getLiveness)
    if (status !== 200) throw new Error(`the server answers ${status}`)
  })
  afterAll(() => node.close())

  /** Sends bytes that `fetch` would not, and returns all that comes back. */
  function sendRaw(text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const { port, hostname } = new URL(node.url)
      const socket = connect(Number(port), hostname, () => socket.write(text))
      let answer = ''
      socket.on('data', (chunk) => {
        answer += chunk.toString()
      })
      socket.on('close', () => resolve(answer))
      socket.on('error', reject)
    })
  }

  const wrongBodies: readonly [string, unknown, string][] = [
    ['an unknown field', { type: 'x', prioritty: 1 }, '/prioritty'],
    ['a missing field', { payload: 1 }, '/type'],
    ['a number as text', { type: 'x', priority: '1' }, '/priority'],
    ['a value out of range', { type: 'x', priority: 6 }, '/priority'],
    ['a name with a space', { type: 'x y' }, '/type'],
    ['a time that is none', { type: 'x', deadline: 'tomorrow' }, '/deadline'],
    ['a time after the year 9999', { type: 'x', deadline: '9999-12-31T23:59:59-01:00' }, '/deadline'],
    [
      'too many dependencies',
      { type: 'x', dependsOn: Array.from({ length: 1_001 }, (_, n) => `t${n}`) },
      '/dependsOn',
    ],
    ['a dependency twice', { type: 'x', dependsOn: ['a', 'a'] }, '/dependsOn'],
    ['a list instead of an object', [], ''],
    ['null', 'null', ''],
  ]
  it.each(wrongBodies)('answers validation_failed to %s, and points at it', async (_, body, pointer) => {
    const answer = await client.call(submitTask, { body })
    expect(answer.body).toMatchObject({
      status: 400,
      code: 'validation_failed',
      errors: [{ in: 'body', pointer }],
    })
  })

  it('answers validation_failed to a batch of nothing, of too many, and of too many relations', async () => {
    const task = { type: 'x' }
    const tooMany = Array.from({ length: 501 }, () => task)
    const related = Array.from({ length: 500 }, (_, n) => ({ ...task, dependsOn: [`a${n}`, `b${n}`] }))
    for (const tasks of [[], tooMany, related]) {
      const { body } = await client.call(submitTaskBatch, { body: { tasks } })
      expect(body).toMatchObject({ status: 400, code: 'validation_failed', errors: [{ pointer: '/tasks' }] })
    }
  })

  it('answers json_invalid to what is no JSON', async () => {
    for (const body of ['{"type":', 'type=x', '\u0000\u0001']) {
      expect((await client.call(submitTask, { body })).body).toMatchObject({
        status: 400,
        code: 'json_invalid',
      })
    }
  })

  it('answers json_too_deep before it builds anything, at any depth', async () => {
    for (const depth of [40, 100_000]) {
      const body = `{"type":"x","payload":${'['.repeat(depth)}${']'.repeat(depth)}}`
      expect((await client.call(submitTask, { body })).body).toMatchObject({
        status: 400,
        code: 'json_too_deep',
      })
    }
    const body = `{"type":"x","capabilities":["none"],"payload":${'['.repeat(32)}${']'.repeat(32)}}`
    expect((await client.call(submitTask, { body })).status).toBe(201)
  })

  it('answers json_unsafe to names that reach for the prototype', async () => {
    for (const metadata of ['{"__proto__":{"isAdmin":true}}', '{"constructor":{"prototype":{}}}']) {
      const { body } = await client.call(submitTask, { body: `{"type":"x","metadata":${metadata}}` })
      expect(body).toMatchObject({ status: 400, code: 'json_unsafe' })
    }
    expect(Reflect.get({}, 'isAdmin')).toBeUndefined()
  })

  it('answers payload_too_large to a body, a payload and a result over their limits', async () => {
    const body = { type: 'x', capabilities: ['none'], payload: 'é'.repeat(64 * 1024) }
    const payload = await client.call(submitTask, { body })
    expect(payload.body).toMatchObject({
      status: 413,
      code: 'payload_too_large',
      details: { limitName: 'payloadBytesMax', limit: 131_072, actual: 131_074 },
    })
    const huge = await client.call(submitTask, { body: { type: 'x', payload: 'x'.repeat(1024 * 1024) } })
    expect(huge.body).toMatchObject({ status: 413, code: 'payload_too_large' })
    const result = await client.call(completeTask, {
      params: { taskId: 'any' },
      body: { agentId: 'any', fencingToken: 1, result: 'x'.repeat(131_072) },
    })
    expect(result.body).toMatchObject({ status: 413, code: 'payload_too_large' })
  })

  it('answers unsupported_media_type to anything but JSON', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/msgpack']) {
      const { body } = await client.call(submitTask, {
        headers: { 'content-type': type },
        body: '{"type":"x"}',
      })
      expect(body).toMatchObject({ status: 415, code: 'unsupported_media_type' })
    }
  })

  it('answers not_found and method_not_allowed to addresses and methods there are none of', async () => {
    const nowhere = await fetch(`${node.url}/v2/swarms`)
    expect(nowhere.headers.get('content-type')).toBe('application/problem+json; charset=utf-8')
    expect(await nowhere.json()).toMatchObject({ status: 404, code: 'not_found', instance: '/v2/swarms' })
    const put = await fetch(`${node.url}/v1/swarms/default/tasks`, { method: 'PUT' })
    expect(put.headers.get('allow')).toBe('POST, GET')
    expect(await put.json()).toMatchObject({ status: 405, code: 'method_not_allowed' })
  })

  it('answers with the name of what there is none of', async () => {
    const cases = [
      [getTask, { params: { taskId: 'none' } }, 'task_not_found'],
      [getAgent, { params: { agentId: 'none' } }, 'agent_not_found'],
      [getSwarm, { params: { swarmId: 'none' } }, 'swarm_not_found'],
      [submitTask, { params: { swarmId: 'none' }, body: { type: 'x' } }, 'swarm_not_found'],
      [claimTasks, { params: { agentId: 'none' } }, 'agent_not_found'],
      [updateAgent, { params: { agentId: 'none' }, body: { slots: 2 } }, 'agent_not_found'],
      [
        completeTask,
        { params: { taskId: 'none' }, body: { agentId: 'none', fencingToken: 1 } },
        'agent_not_found',
      ],
    ] as const
    for (const [operation, options, code] of cases) {
      expect((await client.call(operation, options)).body).toMatchObject({ status: 404, code })
    }
    await client.call(registerAgent, { body: { agentId: 'known' } })
    const report = { params: { taskId: 'none' }, body: { agentId: 'known', fencingToken: 1 } }
    expect((await client.call(completeTask, report)).body).toMatchObject({
      status: 404,
      code: 'task_not_found',
    })
    const dependency = await client.call(submitTask, { body: { type: 'x', dependsOn: ['none'] } })
    expect(dependency.body).toMatchObject({
      status: 422,
      code: 'dependency_not_found',
      details: { taskId: 'none' },
    })
  })

  it('answers validation_failed to ids that can be none, before it looks for them', async () => {
    for (const taskId of ['UPPER', 'a.b', '%00', '..%2F..%2Fetc', 'x'.repeat(64)]) {
      const { body } = await client.call(getTask, { params: { taskId } })
      expect(body).toMatchObject({
        status: 400,
        code: 'validation_failed',
        errors: [{ in: 'path', pointer: '/taskId' }],
      })
    }
  })

  it('answers uri_too_long to an endless id and bad_request to a broken address', async () => {
    const endless = await fetch(`${node.url}/v1/swarms/default/tasks/${'x'.repeat(2_000)}`)
    expect(await endless.json()).toMatchObject({ status: 414, code: 'uri_too_long' })
    const broken = await fetch(`${node.url}/v1/swarms/default/tasks/%zz`)
    expect(await broken.json()).toMatchObject({ status: 400, code: 'bad_request' })
  })

  it('answers bad_request and headers_too_large to what is hardly HTTP', async () => {
    const rubbish = await sendRaw('\u0016\u0003\u0001 binary rubbish\r\n\r\n')
    expect(rubbish).toMatch(/^HTTP\/1.1 400 [\s\S]*"code":"bad_request"/)
    const headers = await sendRaw(`GET / HTTP/1.1\r\nhost: localhost\r\nx: ${'x'.repeat(10_000)}\r\n\r\n`)
    expect(headers).toMatch(/^HTTP\/1.1 431 [\s\S]*"code":"headers_too_large"/)
  })

  it('answers page_token_invalid to tokens that were made up, cut or meant for another list', async () => {
    const tasks = Array.from({ length: 2 }, () => ({ type: 'two', capabilities: ['none'] }))
    await client.call(submitTaskBatch, { body: { tasks } })
    const page = await client.call(listTasks, { query: { type: 'two', pageSize: '1' } })
    const token = page.body.nextPageToken ?? ''
    const otherTokens = ['made-up', token.slice(0, -2), `${token}AA`]
    for (const pageToken of otherTokens) {
      const { body } = await client.call(listTasks, { query: { type: 'two', pageToken } })
      expect(body).toMatchObject({ status: 400, code: 'page_token_invalid' })
    }
    const otherFilter = await client.call(listTasks, { query: { type: 'three', pageToken: token } })
    expect(otherFilter.body['code']).toBe('page_token_invalid')
    const otherList = await client.call(listSwarms, { query: { pageToken: token } })
    expect(otherList.body['code']).toBe('page_token_invalid')
  })

  it('answers cursor_invalid to a bad since and a bad Last-Event-ID, also for a stream', async () => {
    const stream = { accept: 'text/event-stream' }
    for (const cursor of ['x', '-1', '1-2-3', '99999999999999999999', '1.5']) {
      const bySince = await client.call(readEvents, { query: { since: cursor } })
      expect(bySince.body).toMatchObject({ status: 400, code: 'cursor_invalid' })
      const byHeader = await client.call(readEvents, { headers: { 'last-event-id': cursor, ...stream } })
      expect(byHeader.body).toMatchObject({ status: 400, code: 'cursor_invalid', details: { cursor } })
    }
  })

  it('answers validation_failed to a query it does not know', async () => {
    const { body } = await client.call(listTasks, { query: { statuss: 'working' } })
    expect(body).toMatchObject({ code: 'validation_failed', errors: [{ in: 'query', pointer: '/statuss' }] })
    const wrong = await client.call(listTasks, { query: { pageSize: '101' } })
    expect(wrong.body).toMatchObject({
      code: 'validation_failed',
      errors: [{ in: 'query', pointer: '/pageSize' }],
    })
  })

  it('answers deadline_passed to a task that is too late already', async () => {
    const { body } = await client.call(submitTask, { body: { type: 'x', deadline: '2020-01-01T00:00:00Z' } })
    expect(body).toMatchObject({
      status: 422,
      code: 'deadline_passed',
      details: { deadline: '2020-01-01T00:00:00.000Z' },
    })
  })

  it('answers 429 limit_exceeded with Retry-After, and names the limit', async () => {
    const swarmId = 'small'
    const limits = { openTasksMax: 2, agentsMax: 1 }
    await client.call(createSwarm, { body: { swarmId, limits } })
    const twice = { tasks: [{ type: 'x' }, { type: 'x' }] }
    expect((await client.call(submitTaskBatch, { params: { swarmId }, body: twice })).status).toBe(201)
    const third = await client.call(submitTask, { params: { swarmId }, body: { type: 'x' } })
    expect(third.headers.get('retry-after')).toBe('1')
    expect(third.body).toMatchObject({
      status: 429,
      code: 'limit_exceeded',
      retryable: true,
      details: { limitName: 'openTasksMax', limit: 2, actual: 3 },
    })
    await client.call(registerAgent, { params: { swarmId }, body: { agentId: 'one' } })
    const second = await client.call(registerAgent, { params: { swarmId }, body: { agentId: 'two' } })
    expect(second.body).toMatchObject({ code: 'limit_exceeded', details: { limitName: 'agentsMax' } })
    const gone = await client.call(deleteSwarm, { params: { swarmId } })
    expect(gone.body).toMatchObject({ status: 409, code: 'swarm_not_empty', details: { openTaskCount: 2 } })
    expect((await client.call(deleteSwarm, { params: { swarmId }, query: { force: 'true' } })).status).toBe(
      204,
    )
    expect((await client.call(getSwarm, { params: { swarmId } })).body['code']).toBe('swarm_not_found')
  })

  it('answers swarm_exists and agent_exists to what is there already', async () => {
    expect((await client.call(createSwarm, { body: { swarmId: 'default' } })).body['code']).toBe(
      'swarm_exists',
    )
    await client.call(registerAgent, { body: { agentId: 'there' } })
    const again = await client.call(registerAgent, { body: { agentId: 'there', replace: false } })
    expect(again.body).toMatchObject({ status: 409, code: 'agent_exists' })
    expect((await client.call(registerAgent, { body: { agentId: 'there' } })).body['epoch']).toBe(2)
  })

  it('changes a swarm by the fields that are sent', async () => {
    const { body } = await client.call(updateSwarm, { body: { description: 'changed', leaseMs: 20_000 } })
    expect(body).toMatchObject({
      description: 'changed',
      leaseMs: 20_000,
      strategy: { kind: 'least_loaded' },
    })
    expect((await client.call(getSwarm)).body).toEqual(body)
    expect((await client.call(updateSwarm, { body: {} })).body['code']).toBe('validation_failed')
  })
})
