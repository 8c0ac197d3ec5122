import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SwarmApiError, SwarmClient } from '#sdk/index.ts'
import { problem, reply } from './scripted-hub.ts'

interface Call {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: unknown
}

type Answer = (response: ServerResponse) => void

describe('SwarmClient', () => {
  let server: Server
  let url: string
  let calls: Call[]
  /** Used up one by one; the last goes on answering. */
  let answers: Answer[]

  beforeEach(async () => {
    calls = []
    answers = [(response) => reply(response, 200, { taskId: 't1' })]
    server = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterEach(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = ''
    for await (const chunk of request) text += String(chunk)
    const { method, headers } = request
    calls.push({ method, url: request.url, headers, body: text === '' ? undefined : JSON.parse(text) })
    const next = answers.length > 1 ? answers.shift() : answers[0]
    next?.(response)
  }

  it('sends what the contract says, with its credential', async () => {
    const client = new SwarmClient({ url: `${url}/`, swarmId: 'lab', apiKey: 'key-of-at-least-16' })
    await client.listTasks({ status: 'working', pageSize: 10 })
    await client.getTask('t/1')
    await client.cancelTask('t1', 'no use')
    expect(calls.map(({ method, url, body }) => [method, url, body])).toEqual([
      ['GET', '/v1/swarms/lab/tasks?status=working&pageSize=10', undefined],
      ['GET', '/v1/swarms/lab/tasks/t%2F1', undefined],
      ['POST', '/v1/swarms/lab/tasks/t1/cancel', { reason: 'no use' }],
    ])
    expect(calls[0]?.headers.authorization).toBe('Bearer key-of-at-least-16')
  })

  it('repeats a submit under one idempotency key until the server takes it', async () => {
    answers = [
      (response) => reply(response, 503, problem('store_unavailable', 503, { retryable: true })),
      (response) => response.destroy(),
      (response) => reply(response, 201, { taskId: 't1', durability: 'synced' }),
    ]
    const client = new SwarmClient({ url })
    expect(await client.submit({ type: 'work', payload: { a: 1 } })).toMatchObject({ taskId: 't1' })
    const keys = calls.map(({ headers }) => headers['idempotency-key'])
    expect(keys).toHaveLength(3)
    expect(new Set(keys).size).toBe(1)
    expect(calls[2]?.body).toEqual({ type: 'work', payload: { a: 1 } })
  })

  it('repeats a proposal under one id until the server takes it', async () => {
    answers = [(response) => response.destroy(), (response) => reply(response, 201, { proposalId: 'p1' })]
    const { consensus } = new SwarmClient({ url })
    await consensus.propose({ title: 'Ship it?' })
    await consensus.propose({ title: 'Ship it?', proposalId: 'mine' })
    const ids = calls.map(({ body }) => (body as { proposalId: string }).proposalId)
    expect(ids).toEqual([ids[0], ids[0], 'mine'])
    expect(ids[0]).toMatch(/^[a-z0-9][a-z0-9-]{0,62}$/)
  })

  it('reads and votes where the contract says', async () => {
    const { consensus } = new SwarmClient({ url })
    await consensus.list({ status: 'open', pageSize: 2 })
    await consensus.proposal('p1')
    await consensus.ballots('p1')
    await consensus.castBallot('p1', { agentId: 'ada', choice: 'approve' })
    await consensus.cancel('p1', 'a bug')
    await consensus.decision('p1')
    await consensus.leader()
    await consensus.startElection({ transferTo: 'bob' })
    expect(calls.map(({ method, url: path, body }) => [method, path?.slice(18), body])).toEqual([
      ['GET', '/proposals?status=open&pageSize=2', undefined],
      ['GET', '/proposals/p1', undefined],
      ['GET', '/proposals/p1/ballots', undefined],
      ['POST', '/proposals/p1/ballots', { agentId: 'ada', choice: 'approve' }],
      ['POST', '/proposals/p1/cancel', { reason: 'a bug' }],
      ['GET', '/proposals/p1/decision', undefined],
      ['GET', '/leader', undefined],
      ['POST', '/elections', { transferTo: 'bob' }],
    ])
  })

  it('makes up another key for another submit', async () => {
    const client = new SwarmClient({ url })
    await client.submit({ type: 'work' })
    await client.submit({ type: 'work' })
    await client.submit({ type: 'work' }, { idempotencyKey: 'mine' })
    const keys = calls.map(({ headers }) => headers['idempotency-key'])
    expect(new Set(keys).size).toBe(3)
    expect(keys[2]).toBe('mine')
  })

  it('waits as long as the server asks it to', async () => {
    answers = [
      (response) =>
        reply(response, 429, problem('limit_exceeded', 429, { retryable: true, retryAfterMs: 300 })),
      (response) => reply(response, 201, { taskId: 't1' }),
    ]
    const startedAt = performance.now()
    await new SwarmClient({ url }).submit({ type: 'work' })
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(290)
  })

  it('turns a problem document into an error that says what to do', async () => {
    const errors = [{ pointer: '/priority', in: 'body', detail: 'must be <= 5' }]
    const details = { limitName: 'openTasksMax' }
    answers = [(response) => reply(response, 400, problem('validation_failed', 400, { errors, details }))]
    const error: unknown = await new SwarmClient({ url })
      .submit({ type: 'work', priority: 9 })
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(SwarmApiError)
    expect(error).toMatchObject({ code: 'validation_failed', status: 400, retryable: false, errors, details })
    expect((error as Error).message).toBe('because of validation_failed')
    expect(calls).toHaveLength(1)
  })

  it('does not repeat what may have happened and must not happen twice', async () => {
    answers = [(response) => reply(response, 503, problem('store_unavailable', 503, { retryable: true }))]
    await expect(new SwarmClient({ url }).retryTask('t1')).rejects.toMatchObject({
      code: 'store_unavailable',
    })
    expect(calls).toHaveLength(1)
  })

  it('turns to the next server when one does not answer', async () => {
    const gone = createServer().listen(0, '127.0.0.1')
    await once(gone, 'listening')
    const goneUrl = `http://127.0.0.1:${(gone.address() as AddressInfo).port}`
    gone.close()
    await once(gone, 'close')
    const client = new SwarmClient({ url: [goneUrl, url] })
    expect(await client.getTask('t1')).toEqual({ taskId: 't1' })
    expect(client.url).toBe(url)
  })

  it('says that nobody answers, once it has tried for as long as it should', async () => {
    const gone = createServer().listen(0, '127.0.0.1')
    await once(gone, 'listening')
    const goneUrl = `http://127.0.0.1:${(gone.address() as AddressInfo).port}`
    gone.close()
    await once(gone, 'close')
    const error: unknown = await new SwarmClient({ url: goneUrl, retryForMs: 0 })
      .getTask('t1')
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'connection_failed', status: 0, retryable: true })
    expect((error as Error).message).toContain('ECONNREFUSED')
  })

  it('gives up on an answer that does not come', async () => {
    answers = [() => undefined]
    const client = new SwarmClient({ url, timeoutMs: 50, retryForMs: 0 })
    await expect(client.getTask('t1')).rejects.toMatchObject({ code: 'connection_failed' })
  })

  it('ends a call at its caller’s signal', async () => {
    answers = [() => undefined]
    const aborting = new AbortController()
    const call = new SwarmClient({ url }).getTask('t1', { signal: aborting.signal })
    aborting.abort(new Error('enough'))
    await expect(call).rejects.toThrow('enough')
  })

  it('recognises what is no AMOS server', async () => {
    answers = [
      (response) => {
        response.writeHead(404, { 'content-type': 'text/html' })
        response.end('<h1>Not here</h1>')
      },
    ]
    await expect(new SwarmClient({ url, retryForMs: 100 }).getTask('t1')).rejects.toMatchObject({
      code: 'response_invalid',
      status: 404,
    })
  })

  it('refuses to be made without a server it could ask', () => {
    expect(() => new SwarmClient({ url: [] })).toThrow(TypeError)
    expect(() => new SwarmClient({ url: 'ftp://127.0.0.1' })).toThrow(TypeError)
  })
})
