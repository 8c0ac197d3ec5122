import { pack } from 'msgpackr'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ChannelAgents } from '../../helpers/channel-agents.ts'
import { startTestNode, type TestNode } from '../../helpers/test-node.ts'

describe('bad frames on the agent channel', () => {
  let node: TestNode
  let agents: ChannelAgents

  beforeAll(async () => {
    node = await startTestNode()
    agents = new ChannelAgents(node.url)
  })
  afterEach(async () => {
    await agents.checkLiveness()
    await agents.closeAll()
  })
  afterAll(() => node.close())

  const beforeHello: readonly [string, string | Buffer, string][] = [
    ['a report', JSON.stringify({ type: 'heartbeat', requestId: 1 }), 'hello_required'],
    ['text that is no JSON', 'hello?', 'json_invalid'],
    ['binary rubbish', Buffer.from([0xc1, 0xff, 0x00]), 'frame_invalid'],
    ['a frame of no type', '{}', 'frame_invalid'],
    ['null', 'null', 'frame_invalid'],
  ]
  it.each(beforeHello)('answers %s before hello with its code, and closes', async (_, message, code) => {
    const channel = await agents.connect(await agents.register())
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
    const channel = await agents.welcomed(await agents.register())
    if (typeof frame === 'string') channel.sendRaw(frame)
    else channel.send({ requestId: 5, ...frame })
    expect(await channel.next()).toMatchObject({ type: 'error', code })
    channel.send({ type: 'heartbeat', requestId: 6 })
    expect(await channel.next()).toMatchObject({ type: 'ack', requestId: 6 })
  })

  const deep = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`
  const id = '"requestId":"mine"'
  const refusedJson: readonly [string, string | Buffer, string][] = [
    ['a missing field', `{"type":"task.accept",${id}}`, 'frame_invalid'],
    ['no type', `{${id}}`, 'frame_invalid'],
    ['an unknown type', `{"type":"task.explode",${id}}`, 'frame_unknown'],
    ['a result too deep', `{"type":"task.complete",${id},"result":${deep(60)}}`, 'json_too_deep'],
    ['a deep result first', `{"result":${deep(60)},"type":"task.complete",${id}}`, 'json_too_deep'],
    ['a result deeper than any stack', `{"result":${deep(100_000)},${id}}`, 'json_too_deep'],
    ['a name of the prototype', `{"type":"heartbeat",${id},"__proto__":{}}`, 'json_unsafe'],
    ['another name of the prototype', `{${id},"constructor":{"prototype":1}}`, 'json_unsafe'],
    ['such a name inside', `{"type":"heartbeat","x":{"__proto__":{}},${id}}`, 'json_unsafe'],
    ['a name written with escapes', `{"type":"no","request\\u0049d":"mine"}`, 'frame_unknown'],
    ['text that is cut off', `{"type":"heartbeat",${id},"held":[`, 'json_invalid'],
    ['text with a comma too much', `{"type":"heartbeat",${id},}`, 'json_invalid'],
    ['a binary message', Buffer.from(pack({ type: 'heartbeat', requestId: 'mine' })), 'frame_invalid'],
  ]
  it.each(refusedJson)('names the request it refuses: %s', async (_, frame, code) => {
    const channel = await agents.welcomed(await agents.register())
    channel.sendRaw(frame)
    expect(await channel.next()).toMatchObject({ type: 'error', requestId: 'mine', code })
  })

  const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)])
  const refusedMessagePack: readonly [string, string | Buffer, string][] = [
    ['an unknown type', pack({ type: 'task.explode', requestId: 'mine' }), 'frame_unknown'],
    [
      'a result too deep',
      pack({ result: nested(60), type: 'task.complete', requestId: 'mine' }),
      'frame_invalid',
    ],
    ['a date', pack({ result: new Date(), type: 'task.complete', requestId: 'mine' }), 'frame_invalid'],
    [
      'bytes after the frame',
      Buffer.concat([pack({ type: 'heartbeat', requestId: 'mine' }), Buffer.of(1)]),
      'frame_invalid',
    ],
    [
      'a frame that is cut off',
      pack({ type: 'heartbeat', requestId: 'mine', held: ['x'] }).subarray(0, -1),
      'frame_invalid',
    ],
    [
      'a result that is no bytes',
      pack({ type: 'task.complete', taskId: 'x', fencingToken: 1, requestId: 'mine', result: 1 }),
      'frame_invalid',
    ],
    ['a text message', '{"type":"heartbeat","requestId":"mine"}', 'frame_invalid'],
  ]
  it.each(refusedMessagePack)('names the request it refuses in MessagePack: %s', async (_, frame, code) => {
    const channel = await agents.welcomed(await agents.register(), { subprotocols: ['amos.v1.msgpack'] })
    channel.sendRaw(frame)
    expect(await channel.next()).toMatchObject({ type: 'error', requestId: 'mine', code })
  })

  it.each([
    ['a long text', `"${'x'.repeat(65)}"`],
    ['an empty text', '""'],
    ['a fraction', '1.5'],
    ['a number below zero', '-1'],
    ['null', 'null'],
  ])('answers without a name where the requestId is %s', async (_, text) => {
    const channel = await agents.welcomed(await agents.register())
    channel.sendRaw(`{"type":"task.explode","requestId":${text}}`)
    expect(await channel.next()).not.toHaveProperty('requestId')
  })

  it('repeats the requestId of a frame that is wrong otherwise', async () => {
    const channel = await agents.welcomed(await agents.register())
    channel.send({ type: 'task.accept', requestId: 'mine' })
    expect(await channel.next()).toMatchObject({
      type: 'error',
      requestId: 'mine',
      errors: [{ in: 'frame', pointer: '/taskId' }],
    })
  })

  it('answers a result over its limit with payload_too_large', async () => {
    const agentId = await agents.register()
    const channel = await agents.welcomed(agentId)
    const taskId = await agents.submitFor(agentId)
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
    const channel = await agents.welcomed(await agents.register(), { subprotocols: ['amos.v1.msgpack'] })
    channel.sendRaw(message)
    expect(await channel.next()).toMatchObject({ type: 'error', code: 'frame_invalid' })
  })

  it('answers a MessagePack result that is not JSON text', async () => {
    const agentId = await agents.register()
    const channel = await agents.welcomed(agentId, { subprotocols: ['amos.v1.msgpack'] })
    const taskId = await agents.submitFor(agentId)
    const { fencingToken } = await channel.next('task.assigned')
    const report = { type: 'task.complete', taskId, fencingToken }
    channel.send({ ...report, requestId: 1, result: { not: 'bin' } })
    expect(await channel.next()).toMatchObject({ type: 'error', requestId: 1, code: 'frame_invalid' })
    channel.send({ ...report, requestId: 2, result: Buffer.from('{"no json') })
    expect(await channel.next()).toMatchObject({ type: 'error', requestId: 2, code: 'json_invalid' })
  })

  it('closes a channel that keeps sending rubbish', async () => {
    const channel = await agents.welcomed(await agents.register())
    for (let count = 0; count < 11; count += 1) channel.sendRaw('rubbish')
    expect(await channel.closed).toBe(1008)
  })

  it('closes a channel whose message is too long', async () => {
    const channel = await agents.welcomed(await agents.register())
    channel.sendRaw('x'.repeat(256 * 1024 + 1))
    expect(await channel.closed).toBe(1009)
  })

  it('closes a channel that never says hello', async () => {
    const channel = await agents.connect(await agents.register())
    expect(await channel.next()).toMatchObject({ type: 'error', code: 'hello_required' })
    expect(await channel.closed).toBe(1008)
  }, 15_000)
})
