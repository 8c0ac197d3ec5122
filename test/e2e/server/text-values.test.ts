import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { AGENT_OPERATIONS } from '#contract/operations/agent-operations.ts'
import { MESSAGE_OPERATIONS } from '#contract/operations/message-operations.ts'
import { TASK_OPERATIONS } from '#contract/operations/task-operations.ts'
import { NAME_PATTERN } from '#contract/scalars.ts'
import { ChannelAgents } from '../../helpers/channel-agents.ts'
import { startTestNode, type TestNode } from '../../helpers/test-node.ts'

const { registerAgent, listAgents, claimTasks } = AGENT_OPERATIONS
const { submitTask, getTask, cancelTask } = TASK_OPERATIONS

/** Names that every object seems to have, as far as they can be names of ours. */
const INHERITED = Object.getOwnPropertyNames(Object.prototype).filter((name) =>
  new RegExp(NAME_PATTERN).test(name),
)

describe('text that people choose', () => {
  let node: TestNode
  let agents: ChannelAgents

  beforeAll(async () => {
    node = await startTestNode({
      AMOS_ALLOWED_ORIGINS: 'https://Console.Example.org:443, http://other.example:8080',
    })
    agents = new ChannelAgents(node.url)
  })
  afterEach(() => agents.closeAll())
  afterAll(() => node.close())

  async function register(agent: object): Promise<string> {
    const agentId = `agent-${crypto.randomUUID()}`
    const { status } = await agents.client.call(registerAgent, { body: { agentId, ...agent } })
    expect(status).toBe(201)
    return agentId
  }

  async function labelled(label: string): Promise<readonly string[]> {
    const { body } = await agents.client.call(listAgents, { query: { label } })
    return (body['agents'] as { agentId: string }[]).map(({ agentId }) => agentId)
  }

  describe('as a name that every object has', () => {
    it.each(INHERITED)('%s: is a resource that only those have who say so', async (name) => {
      const skill = `skill-${crypto.randomUUID()}`
      const poor = await register({ capabilities: [{ name: skill }] })
      const rich = await register({ capabilities: [{ name: skill }], resources: { [name]: 2 }, slots: 3 })
      const body = { type: name, capabilities: [skill], resources: { [name]: 1 }, metadata: { [name]: 'x' } }
      const { taskId } = (await agents.client.call(submitTask, { body })).body
      await agents.client.call(submitTask, { body })
      await agents.client.call(submitTask, { body })
      const claimBy = async (agentId: string): Promise<readonly { taskId: string }[]> =>
        (await agents.client.call(claimTasks, { params: { agentId }, body: { countMax: 3 } })).body
          .assignments
      expect(await claimBy(poor)).toEqual([])
      expect(await claimBy(rich)).toHaveLength(2)
      const { body: task } = await agents.client.call(getTask, { params: { taskId } })
      expect(task).toMatchObject({ type: name, resources: { [name]: 1 }, metadata: { [name]: 'x' } })
      await agents.client.call(cancelTask, { params: { taskId }, body: {} })
    })

    it.each(INHERITED)('%s: is a label that only those have who say so', async (name) => {
      await register({ labels: { other: 'x' } })
      const agentId = await register({ labels: { [name]: 'x' } })
      expect(await labelled(`${name}=x`)).toEqual([agentId])
      expect(await labelled(`${name}=`)).toEqual([])
      expect(await labelled(`${name}=${String(Reflect.get({}, name))}`)).toEqual([])
    })

    it.each(INHERITED)('%s: is a capability and a topic like any other', async (name) => {
      const agentId = await register({ capabilities: [{ name }] })
      const { body } = await agents.client.call(listAgents, { query: { capability: name } })
      expect(body['agents']).toMatchObject([{ agentId }])
      const channel = await agents.welcomed(agentId)
      channel.send({ type: 'subscribe', requestId: 1, topics: [name] })
      await channel.next('ack')
      const message = { to: { kind: 'topic', topic: name }, payload: name }
      await agents.client.call(MESSAGE_OPERATIONS.sendMessage, { body: message })
      expect(await channel.next()).toMatchObject({ type: 'message', payload: name })
      const { body: metrics } = await agents.client.call(MESSAGE_OPERATIONS.getMessageMetrics)
      expect(metrics['counts']).toMatchObject({ [`topic:${name}`]: { sent: 1, delivered: 1 } })
    })

    it('constructor: is the id of an agent', async () => {
      const { body } = await agents.client.call(registerAgent, { body: { agentId: 'constructor' } })
      expect(body).toMatchObject({ agentId: 'constructor' })
      const channel = await agents.welcomed('constructor')
      const message = { to: { kind: 'agent', agentId: 'constructor' }, payload: 1 }
      await agents.client.call(MESSAGE_OPERATIONS.sendMessage, { body: message })
      expect(await channel.next('message')).toMatchObject({ payload: 1 })
    })
  })

  it.each(['a=b=c', '=', '==', '', 'a,b;c', 'a%3Db+c', 'é 😀', ' spaces ', '"quoted"', 'a&label=b'])(
    'finds the label value %j',
    async (value) => {
      const name = `name-${crypto.randomUUID()}`
      const agentId = await register({ labels: { [name]: value } })
      await register({ labels: { [name]: `${value}=x` } })
      expect(await labelled(`${name}=${value}`)).toEqual([agentId])
    },
  )

  describe('as a deadline', () => {
    const submitUntil = (deadline: string) =>
      agents.client.call(submitTask, { body: { type: 't', capabilities: ['nobody'], deadline } })

    it.each([
      ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
      ['9999-12-31t22:59:59z', '9999-12-31T22:59:59.000Z'],
      ['9998-12-31T23:59:60Z', '9999-01-01T00:00:00.000Z'],
      ['9999-12-31T00:00:00.123456789+00:00', '9999-12-31T00:00:00.123Z'],
    ])('takes %s, and the task waits', async (deadline, written) => {
      const { status, body } = await submitUntil(deadline)
      expect(status).toBe(201)
      expect(body['deadline']).toBe(written)
      const { taskId } = body
      expect((await agents.client.call(getTask, { params: { taskId } })).body['status']).toBe('submitted')
      await agents.client.call(cancelTask, { params: { taskId }, body: {} })
    })

    it.each(['9999-12-31T23:59:59-00:01', '9999-12-31T23:59:59-23:59', '0000-01-01T00:00:00+23:59'])(
      'refuses %s, which is outside the years that can be written',
      async (deadline) => {
        expect((await submitUntil(deadline)).body).toMatchObject({
          code: 'validation_failed',
          errors: [{ in: 'body', pointer: '/deadline' }],
        })
      },
    )

    it.each(['0000-01-01T00:00:00Z', '0001-01-01 00:00:00Z', '1970-01-01T00:00:00Z'])(
      'knows that %s has passed',
      async (deadline) => {
        expect((await submitUntil(deadline)).body['code']).toBe('deadline_passed')
      },
    )
  })

  describe('of characters outside the basic plane', () => {
    it('is as long over HTTP as in a frame', async () => {
      const agentId = await agents.register()
      const channel = await agents.welcomed(agentId)
      const limit = 1_024
      for (const [text, code] of [
        ['😀'.repeat(limit), undefined],
        ['😀'.repeat(limit + 1), 'validation_failed'],
      ] as const) {
        const taskId = await agents.submitFor(agentId)
        const { fencingToken } = await channel.next('task.assigned')
        const report = { taskId, fencingToken, message: text }
        channel.send({ type: 'task.progress', requestId: 1, ...report })
        expect(await channel.next()).toMatchObject(
          code === undefined ? { type: 'ack' } : { type: 'error', code: 'frame_invalid' },
        )
        const { status, body } = await agents.client.call(TASK_OPERATIONS.reportProgress, {
          params: { taskId },
          body: { agentId, fencingToken, message: text },
        })
        expect(code === undefined ? status : body['code']).toBe(code ?? 204)
        expect((await agents.task(taskId))['progress']).toEqual(
          code === undefined ? { message: text } : undefined,
        )
        channel.send({ type: 'task.complete', taskId, fencingToken })
      }
    })

    it('is not cut in half where an answer shows its beginning', async () => {
      for (const shift of ['', 'x']) {
        const name = shift + '😀'.repeat(200)
        const answers: object[] = [
          (await agents.client.call(submitTask, { body: { type: 't', [name]: 1 } })).body,
        ]
        const channel = await agents.welcomed(await agents.register())
        for (const frame of [{ type: name }, { type: 'heartbeat', [name]: 1 }]) {
          channel.send(frame)
          answers.push(await channel.next('error'))
        }
        expect(JSON.stringify(answers)).not.toMatch(/\\ud[89a-f]/)
      }
    })
  })

  it.each([
    ['metadata', { metadata: { a: '\ud800' } }],
    ['the middle of metadata', { metadata: { a: 'x\udc00y' } }],
  ])('is refused where half of a surrogate pair has no UTF-8: %s', async (_, fields) => {
    const { body } = await agents.client.call(submitTask, { body: { type: 't', ...fields } })
    expect(body).toMatchObject({ status: 400, code: 'utf8_invalid' })
  })

  it('is refused in a frame, and kept in a payload, where it is half of a surrogate pair', async () => {
    const agentId = await agents.register()
    const channel = await agents.welcomed(agentId)
    channel.sendRaw(String.raw`{"type":"task.release","taskId":"t","fencingToken":1,"reason":"\udfff"}`)
    expect(await channel.next()).toMatchObject({ type: 'error', code: 'utf8_invalid' })
    const payload = String.raw`"\udfff"`
    channel.sendRaw(`{"type":"message.send","requestId":1,"to":{"kind":"broadcast"},"payload":${payload}}`)
    expect(await channel.next()).toMatchObject({ type: 'ack' })
  })

  describe('in a header, in any case', () => {
    const get = (path: string, headers: Record<string, string>) =>
      fetch(`${node.url}/v1/swarms/default${path}`, { headers })

    it.each(['Text/Event-Stream', 'text/html, TEXT/EVENT-STREAM;q=0.5', 'text/event-stream; charset=utf-8'])(
      'streams for Accept: %s',
      async (accept) => {
        const response = await get('/events', { accept })
        expect(response.headers.get('content-type')).toContain('text/event-stream')
        await response.body?.cancel()
      },
    )

    it.each(['text/event-stream;q=0', 'application/json, text/event-stream; Q=0.0', 'text/event-streams'])(
      'answers with a page for Accept: %s',
      async (accept) => {
        const response = await get('/events', { accept })
        expect(response.headers.get('content-type')).toContain('application/json')
      },
    )

    it.each(['APPLICATION/JSON', 'Application/Json; Charset=UTF-8', 'application/json;charset="utf-8"'])(
      'takes a body of Content-Type: %s',
      async (contentType) => {
        const response = await fetch(`${node.url}/v1/swarms/default/tasks`, {
          method: 'POST',
          headers: { 'content-type': contentType },
          body: '{"type":"t","capabilities":["nobody"]}',
        })
        expect(response.status).toBe(201)
      },
    )

    it.each([
      'https://console.example.org',
      'HTTPS://CONSOLE.example.ORG',
      'http://other.example:8080',
      'http://Other.Example:8080',
    ])('lets a page of Origin: %s in', async (origin) => {
      expect((await get('', { origin })).status).toBe(200)
    })

    it.each(['http://console.example.org:8080', 'http://other.example', 'null', 'http://127.0.0.1'])(
      'refuses a page of Origin: %s',
      async (origin) => {
        expect((await get('', { origin })).status).toBe(403)
      },
    )

    it('knows its own origin', async () => {
      const { port } = new URL(node.url)
      for (const host of [`127.0.0.1:${port}`, `HTTP://127.0.0.1:${port}`.slice(7)])
        expect((await get('', { origin: `HTTP://${host}` })).status).toBe(200)
    })
  })
})
