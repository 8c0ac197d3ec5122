import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { AGENT_OPERATIONS } from '#contract/operations/agent-operations.ts'
import { SYSTEM_OPERATIONS } from '#contract/operations/system-operations.ts'
import { TASK_OPERATIONS } from '#contract/operations/task-operations.ts'
import { ContractClient } from '../../helpers/contract-client.ts'
import { eventually } from '../../helpers/eventually.ts'
import { type Frame, FrameClient, type FrameClientOptions } from '../../helpers/frame-client.ts'
import { startTestNode, type TestNode } from '../../helpers/test-node.ts'

const { submitTask, getTask, cancelTask } = TASK_OPERATIONS
const { registerAgent, getAgent, claimTasks } = AGENT_OPERATIONS

describe('the agent channel', () => {
  let node: TestNode
  let client: ContractClient
  const opened: FrameClient[] = []

  beforeAll(async () => {
    node = await startTestNode({ AMOS_RECONNECT_GRACE_MS: '300', AMOS_LEASE_MS: '2000' })
    client = new ContractClient(node.url)
  })
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((channel) => channel.close()))
  })
  afterAll(async () => {
    expect((await client.call(SYSTEM_OPERATIONS.getLiveness)).status).toBe(200)
    await node.close()
  })

  /** An agent of its own for each test, with a skill nobody else has. */
  async function newAgent(slots = 1): Promise<string> {
    const agentId = `agent-${crypto.randomUUID()}`
    await client.call(registerAgent, { body: { agentId, slots, capabilities: [{ name: agentId }] } })
    return agentId
  }

  async function connect(agentId: string, options?: FrameClientOptions): Promise<FrameClient> {
    const channel = await FrameClient.open(node.url, `/v1/swarms/default/agents/${agentId}/channel`, options)
    opened.push(channel)
    return channel
  }

  async function welcomed(
    agentId: string,
    held: object[] = [],
    options?: FrameClientOptions,
  ): Promise<FrameClient> {
    const channel = await connect(agentId, options)
    channel.send({ type: 'hello', held })
    await channel.next('welcome')
    return channel
  }

  async function submit(agentId: string, task: object = {}): Promise<string> {
    const { body } = await client.call(submitTask, {
      body: { type: 'test', capabilities: [agentId], ...task },
    })
    return body['taskId'] as string
  }

  async function statusOf(taskId: string): Promise<Record<string, unknown>> {
    return (await client.call(getTask, { params: { taskId } })).body
  }

  it('welcomes an agent, gives it work, and takes its reports', async () => {
    const agentId = await newAgent()
    const channel = await connect(agentId)
    channel.send({ type: 'hello', requestId: 'h' })
    expect(await channel.next()).toMatchObject({
      type: 'welcome',
      requestId: 'h',
      agentId,
      swarmId: 'default',
      leaseMs: 2_000,
      heartbeatMs: 666,
      kept: [],
      lost: [],
    })
    const taskId = await submit(agentId, { payload: { n: 1, text: 'é\u2028' }, priority: 1 })
    const assigned = await channel.next()
    expect(assigned).toMatchObject({
      type: 'task.assigned',
      taskId,
      attempt: 1,
      task: { type: 'test', priority: 1 },
      payload: { n: 1, text: 'é\u2028' },
    })
    const { fencingToken } = assigned
    channel.send({ type: 'task.accept', requestId: 1, taskId, fencingToken })
    expect(await channel.next()).toEqual({ type: 'ack', requestId: 1 })
    channel.send({ type: 'task.progress', requestId: 2, taskId, fencingToken, ratio: 0.5, message: 'half' })
    expect(await channel.next()).toEqual({ type: 'ack', requestId: 2 })
    expect(await statusOf(taskId)).toMatchObject({
      phase: 'running',
      progress: { ratio: 0.5, message: 'half' },
    })
    channel.send({ type: 'task.complete', requestId: 3, taskId, fencingToken, result: { sum: 2 } })
    expect(await channel.next()).toEqual({
      type: 'ack',
      requestId: 3,
      result: { taskId, status: 'completed', phase: 'done' },
    })
    expect(await statusOf(taskId)).toMatchObject({ status: 'completed', result: { sum: 2 } })
  })

  it('speaks MessagePack with payloads and results as UTF-8 JSON in bin', async () => {
    const agentId = await newAgent()
    const channel = await welcomed(agentId, [], { subprotocols: ['amos.v1.msgpack'] })
    const taskId = await submit(agentId, { payload: { text: 'žluť' } })
    const { fencingToken, payload } = await channel.next('task.assigned')
    expect(JSON.parse(Buffer.from(payload as Uint8Array).toString())).toEqual({ text: 'žluť' })
    const result = Buffer.from('{"done":[true,1.5,"ß"]}')
    channel.send({ type: 'task.complete', requestId: 1, taskId, fencingToken, result })
    expect(await channel.next()).toMatchObject({ type: 'ack', result: { status: 'completed' } })
    expect(await statusOf(taskId)).toMatchObject({ result: { done: [true, 1.5, 'ß'] } })
  })

  it('takes failures and releases', async () => {
    const agentId = await newAgent()
    const channel = await welcomed(agentId)
    const taskId = await submit(agentId, { maxAttempts: 1 })
    const first = await channel.next('task.assigned')
    channel.send({ type: 'task.release', requestId: 1, taskId, fencingToken: first['fencingToken'] })
    expect(await channel.next('ack')).toMatchObject({ result: { status: 'submitted' } })
    const second = await channel.next('task.assigned')
    expect(second).toMatchObject({ taskId, attempt: 1 })
    expect(second['fencingToken']).toBeGreaterThan(first['fencingToken'] as number)
    const failure = { code: 'no_luck', message: 'it did not work' }
    channel.send({ type: 'task.fail', requestId: 2, taskId, fencingToken: second['fencingToken'], failure })
    expect(await channel.next('ack')).toMatchObject({ result: { status: 'failed', phase: 'dead_letter' } })
  })

  it('tells the agent that its task was canceled', async () => {
    const agentId = await newAgent()
    const channel = await welcomed(agentId)
    const taskId = await submit(agentId)
    const { fencingToken } = await channel.next('task.assigned')
    await client.call(cancelTask, { params: { taskId }, body: { reason: 'changed our mind' } })
    expect(await channel.next()).toEqual({
      type: 'task.canceled',
      taskId,
      fencingToken,
      reason: 'changed our mind',
    })
    channel.send({ type: 'task.complete', requestId: 1, taskId, fencingToken })
    expect(await channel.next()).toMatchObject({ type: 'error', requestId: 1, code: 'lease_lost' })
  })

  it('refuses a stale token with the problem of the same code, and leaves the channel open', async () => {
    const agentId = await newAgent()
    const channel = await welcomed(agentId)
    const taskId = await submit(agentId)
    const { fencingToken } = await channel.next('task.assigned')
    const stale = (fencingToken as number) - 1
    channel.send({ type: 'task.complete', requestId: 'x', taskId, fencingToken: stale })
    expect(await channel.next()).toMatchObject({
      type: 'error',
      requestId: 'x',
      code: 'lease_lost',
      status: 409,
      retryable: false,
      details: { taskId, heldBy: agentId },
    })
    channel.send({ type: 'task.complete', requestId: 'y', taskId, fencingToken })
    expect(await channel.next()).toMatchObject({ type: 'ack', requestId: 'y' })
  })

  it('renews leases by heartbeats, and says what is lost', async () => {
    const agentId = await newAgent()
    const channel = await welcomed(agentId)
    const taskId = await submit(agentId)
    const { fencingToken } = await channel.next('task.assigned')
    const held = [
      { taskId, fencingToken },
      { taskId: 'never-had-it', fencingToken: 1 },
    ]
    channel.send({ type: 'heartbeat', requestId: 1, held })
    expect(await channel.next()).toMatchObject({
      type: 'ack',
      result: { kept: [taskId], lost: ['never-had-it'] },
    })
    channel.send({ type: 'heartbeat', held })
    expect(await channel.next()).toMatchObject({
      type: 'task.revoked',
      taskId: 'never-had-it',
      fencingToken: 1,
    })
  })

  it('lets an agent that reconnects within the grace period keep what it holds', async () => {
    const agentId = await newAgent()
    const first = await welcomed(agentId)
    const taskId = await submit(agentId)
    const { fencingToken } = await first.next('task.assigned')
    await first.close()
    const second = await connect(agentId)
    second.send({ type: 'hello', held: [{ taskId, fencingToken }] })
    expect(await second.next()).toMatchObject({ type: 'welcome', kept: [taskId], lost: [] })
    second.send({ type: 'task.complete', requestId: 1, taskId, fencingToken })
    expect(await second.next()).toMatchObject({ type: 'ack', result: { status: 'completed' } })
  })

  it('gives the work of an agent that stays away to another attempt', async () => {
    const agentId = await newAgent()
    const channel = await welcomed(agentId)
    const taskId = await submit(agentId, { backoff: { baseMs: 0, maxMs: 0 } })
    await channel.next('task.assigned')
    await channel.close()
    await eventually(async () => (await statusOf(taskId))['phase'] === 'queued')
    expect((await client.call(getAgent, { params: { agentId } })).body['status']).toBe('offline')
  })

  it('lets the newest connection of an agent win', async () => {
    const agentId = await newAgent()
    const older = await welcomed(agentId)
    const newer = await welcomed(agentId)
    expect(await older.next()).toMatchObject({ type: 'error', code: 'session_superseded' })
    expect(await older.closed).toBe(4001)
    const taskId = await submit(agentId)
    expect(await newer.next('task.assigned')).toMatchObject({ taskId })
  })

  it('does not let an agent on a channel claim over HTTP', async () => {
    const agentId = await newAgent()
    await welcomed(agentId)
    const { body } = await client.call(claimTasks, { params: { agentId } })
    expect(body).toMatchObject({ status: 409, code: 'agent_on_channel' })
  })

  it('answers unknown agents with a code of their own', async () => {
    const channel = await connect('nobody')
    channel.send({ type: 'hello', requestId: 7 })
    expect(await channel.next()).toMatchObject({ type: 'error', requestId: 7, code: 'agent_not_found' })
    expect(await channel.closed).toBe(4004)
  })

  it('refuses the upgrade where the swarm or the agent cannot be', async () => {
    const nowhere = FrameClient.open(node.url, '/v1/swarms/none/agents/a/channel')
    await expect(nowhere).rejects.toThrow(/404 .*swarm_not_found/)
    const badId = FrameClient.open(node.url, '/v1/swarms/default/agents/NO/channel')
    await expect(badId).rejects.toThrow(/400 .*validation_failed/)
    const plain = await fetch(`${node.url}/v1/swarms/default/agents/a/channel`)
    expect(await plain.json()).toMatchObject({ status: 426, code: 'upgrade_required' })
  })

  describe('bad frames', () => {
    const beforeHello: readonly [string, string | Buffer, string][] = [
      ['a report', JSON.stringify({ type: 'heartbeat', requestId: 1 }), 'hello_required'],
      ['text that is no JSON', 'hello?', 'json_invalid'],
      ['binary rubbish', Buffer.from([0xc1, 0xff, 0x00]), 'frame_invalid'],
      ['a frame of no type', '{}', 'frame_invalid'],
      ['null', 'null', 'frame_invalid'],
    ]
    it.each(beforeHello)('answers %s before hello with its code, and closes', async (_, message, code) => {
      const channel = await connect(await newAgent())
      channel.sendRaw(message)
      expect(await channel.next()).toMatchObject({ type: 'error', code })
      expect(await channel.closed).toBe(1008)
    })

    const afterHello: readonly [string, object | string, string][] = [
      ['an unknown type', { type: 'task.explode' }, 'frame_unknown'],
      ['an unknown field', { type: 'heartbeat', colour: 'red' }, 'frame_invalid'],
      ['a wrong type of a field', { type: 'task.accept', taskId: 1, fencingToken: 1 }, 'frame_invalid'],
      ['a missing field', { type: 'task.accept', taskId: 'a' }, 'frame_invalid'],
      ['an id that can be none', { type: 'task.accept', taskId: '../x', fencingToken: 1 }, 'frame_invalid'],
      ['hello again', { type: 'hello' }, 'hello_repeated'],
      ['text that is no JSON', '{"type"', 'json_invalid'],
      [
        'too deep a result',
        `{"type":"task.complete","result":${'['.repeat(500)}${']'.repeat(500)}}`,
        'json_too_deep',
      ],
      ['a name of the prototype', '{"type":"heartbeat","__proto__":{}}', 'json_unsafe'],
    ]
    it.each(afterHello)('answers %s with its code and stays open', async (_, frame, code) => {
      const channel = await welcomed(await newAgent())
      if (typeof frame === 'string') channel.sendRaw(frame)
      else channel.send({ requestId: 5, ...frame })
      expect(await channel.next()).toMatchObject({ type: 'error', code })
      channel.send({ type: 'heartbeat', requestId: 6 })
      expect(await channel.next()).toMatchObject({ type: 'ack', requestId: 6 })
    })

    it('repeats the requestId of a frame that is wrong otherwise', async () => {
      const channel = await welcomed(await newAgent())
      channel.send({ type: 'task.accept', requestId: 'mine' })
      expect(await channel.next()).toMatchObject({
        type: 'error',
        requestId: 'mine',
        errors: [{ in: 'frame', pointer: '/taskId' }],
      })
    })

    it('answers a result over its limit with payload_too_large', async () => {
      const agentId = await newAgent()
      const channel = await welcomed(agentId)
      const taskId = await submit(agentId)
      const { fencingToken } = await channel.next('task.assigned')
      channel.send({ type: 'task.complete', requestId: 1, taskId, fencingToken, result: 'x'.repeat(131_072) })
      expect(await channel.next()).toMatchObject({ type: 'error', requestId: 1, code: 'payload_too_large' })
    })

    it.each([
      ['a text message', '{"type":"hello"}'],
      ['lengths that are not there', Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff])],
      ['an extension type', Buffer.from([0xd4, 0x01, 0x00])],
      ['bytes after the frame', Buffer.from([0x80, 0x80])],
      ['endless nesting', Buffer.alloc(100_000, 0x91)],
    ])('answers %s on a MessagePack channel with frame_invalid', async (_, message) => {
      const channel = await welcomed(await newAgent(), [], { subprotocols: ['amos.v1.msgpack'] })
      channel.sendRaw(message)
      expect(await channel.next()).toMatchObject({ type: 'error', code: 'frame_invalid' })
    })

    it('answers a MessagePack result that is not JSON text', async () => {
      const agentId = await newAgent()
      const channel = await welcomed(agentId, [], { subprotocols: ['amos.v1.msgpack'] })
      const taskId = await submit(agentId)
      const { fencingToken } = await channel.next('task.assigned')
      const report = { type: 'task.complete', taskId, fencingToken }
      channel.send({ ...report, requestId: 1, result: { not: 'bin' } })
      expect(await channel.next()).toMatchObject({ type: 'error', requestId: 1, code: 'frame_invalid' })
      channel.send({ ...report, requestId: 2, result: Buffer.from('{"no json') })
      expect(await channel.next()).toMatchObject({ type: 'error', requestId: 2, code: 'json_invalid' })
    })

    it('closes a channel that keeps sending rubbish', async () => {
      const channel = await welcomed(await newAgent())
      for (let count = 0; count < 11; count += 1) channel.sendRaw('rubbish')
      expect(await channel.closed).toBe(1008)
    })

    it('closes a channel whose message is too long', async () => {
      const channel = await welcomed(await newAgent())
      channel.sendRaw('x'.repeat(256 * 1024 + 1))
      expect(await channel.closed).toBe(1009)
    })

    it('closes a channel that never says hello', async () => {
      const channel = await connect(await newAgent())
      expect(await channel.next()).toMatchObject({ type: 'error', code: 'hello_required' })
      expect(await channel.closed).toBe(1008)
    }, 15_000)
  })
})

describe('credentials on the agent channel', () => {
  const key = 'an-operator-key-0123456789'
  const path = '/v1/swarms/default/agents/agnes/channel'
  let node: TestNode
  let token: string

  beforeAll(async () => {
    const keys = [{ name: 'olga', tenant: 'default', roles: ['operator'], key }]
    node = await startTestNode({ AMOS_API_KEYS: JSON.stringify(keys) })
    const client = new ContractClient(node.url, key)
    const registered = await client.call(registerAgent, { body: { agentId: 'agnes' } })
    token = registered.body['token'] as string
    await client.call(registerAgent, { body: { agentId: 'other' } })
  })
  afterAll(() => node.close())

  async function answerTo(hello: object, options?: FrameClientOptions, where = path): Promise<Frame> {
    const channel = await FrameClient.open(node.url, where, options)
    channel.send({ type: 'hello', ...hello })
    const answer = await channel.next()
    channel.socket.close()
    return answer
  }

  it('takes them from the Authorization header, a subprotocol or the first frame', async () => {
    const welcome = { type: 'welcome', agentId: 'agnes' }
    expect(await answerTo({}, { headers: { authorization: `Bearer ${token}` } })).toMatchObject(welcome)
    expect(await answerTo({}, { headers: { authorization: `Bearer ${key}` } })).toMatchObject(welcome)
    expect(await answerTo({}, { subprotocols: ['amos.v1.json', `amos.token.${token}`] })).toMatchObject(
      welcome,
    )
    expect(await answerTo({ token })).toMatchObject(welcome)
  })

  it('refuses none, wrong ones and those of another agent', async () => {
    expect(await answerTo({})).toMatchObject({ type: 'error', code: 'unauthorized' })
    expect(await answerTo({ token: `${token}x` })).toMatchObject({ type: 'error', code: 'unauthorized' })
    const others = '/v1/swarms/default/agents/other/channel'
    expect(await answerTo({ token }, {}, others)).toMatchObject({ type: 'error', code: 'forbidden' })
    const wrong = FrameClient.open(node.url, path, { headers: { authorization: 'Bearer wrong' } })
    await expect(wrong).rejects.toThrow(/401 .*unauthorized/)
    const another = FrameClient.open(node.url, others, { headers: { authorization: `Bearer ${token}` } })
    await expect(another).rejects.toThrow(/403 .*forbidden/)
  })
})
