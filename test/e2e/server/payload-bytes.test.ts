import { createHash } from 'node:crypto'
import { pack } from 'msgpackr'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { opaqueShapeOf } from '#contract/json/opaque-shape.ts'
import { OPERATIONS } from '#contract/operations/all-operations.ts'
import { AWKWARD_PAYLOADS, NOT_UTF8 } from '../../helpers/awkward-payloads.ts'
import { ChannelAgents } from '../../helpers/channel-agents.ts'
import type { FrameClient } from '../../helpers/frame-client.ts'
import { type RedisServer, startRedis } from '../../helpers/redis-server.ts'
import { startTestNode, type TestNode } from '../../helpers/test-node.ts'

const CODECS = ['amos.v1.json', 'amos.v1.msgpack'] as const
const TEXTS = [...AWKWARD_PAYLOADS.values()]

/** Operations whose body holds an opaque value. Each is asked for below, in the test that its name stands in. */
const DOORS = new Set([
  'submitTask',
  'submitTaskBatch',
  'submitPipeline',
  'completeTask',
  'sendMessage',
  'propose',
  'createSchedule',
  'putMemory',
  'putMemoryBatch',
  'operateMemory',
])

it('has a test for every operation that takes an opaque value', () => {
  const taking = OPERATIONS.filter(({ body }) => body !== undefined && opaqueShapeOf(body) !== undefined)
  expect(new Set(taking.map(({ operationId }) => operationId))).toEqual(DOORS)
  expect(AWKWARD_PAYLOADS.size).toBeGreaterThanOrEqual(40)
})

describe.each(['embedded', 'redis'])('what was sent is what arrives, store %s', (store) => {
  let redis: RedisServer | undefined
  let node: TestNode
  /** Where agents connect: with Redis another node, so that all passes from node to node. */
  let farNode: TestNode
  let agents: ChannelAgents

  beforeAll(async () => {
    redis = store === 'redis' ? await startRedis() : undefined
    const settings = redis === undefined ? {} : { AMOS_REDIS_URL: redis.url }
    node = await startTestNode(settings)
    farNode = redis === undefined ? node : await startTestNode(settings)
    agents = new ChannelAgents(farNode.url)
  })
  afterEach(() => agents.closeAll())
  afterAll(async () => {
    await node.close()
    if (farNode !== node) await farNode.close()
    await redis?.close()
  })

  async function http(
    method: string,
    path: string,
    body?: string | Uint8Array<ArrayBuffer>,
  ): Promise<string> {
    const response = await fetch(`${node.url}/v1/swarms/default${path}`, {
      method,
      ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${response.status} ${text}`)
    return text
  }

  async function agentOn(codec: (typeof CODECS)[number]) {
    const agentId = await agents.register()
    const channel = await agents.welcomed(agentId, { subprotocols: [codec] })
    return { agentId, channel, raw: rawFrames(channel) }
  }

  async function submit(agentId: string, payload: string): Promise<string> {
    const body = `{"type":"t","capabilities":["${agentId}"],"payload":${payload}}`
    return idIn(await http('POST', '/tasks', body))
  }

  describe.each(CODECS)('over %s', (codec) => {
    it('from submitTask to the agent, and from task.complete to the client', async () => {
      const { agentId, channel, raw } = await agentOn(codec)
      for (const text of TEXTS) {
        const taskId = await submit(agentId, text)
        const { fencingToken } = await channel.next('task.assigned')
        expect(difference(raw.newest(), 'payload', text)).toBeUndefined()
        channel.sendRaw(
          withMember(codec, { type: 'task.complete', taskId, fencingToken, requestId: 1 }, 'result', text),
        )
        expect(await channel.next()).toMatchObject({ type: 'ack', result: { status: 'completed' } })
        const task = await http('GET', `/tasks/${taskId}`)
        expect(difference(task, 'payload', text)).toBeUndefined()
        expect(difference(task, 'result', text)).toBeUndefined()
      }
    })

    it('from message.send to an agent, to many, and to an inbox', async () => {
      const [ada, bob] = [await agentOn(codec), await agentOn(codec)]
      const target = { kind: 'agent', agentId: bob.agentId }
      for (const to of [target, { kind: 'broadcast' }]) {
        for (const text of TEXTS) {
          ada.channel.sendRaw(withMember(codec, { type: 'message.send', to }, 'payload', text))
          await bob.channel.next('message')
          expect(difference(bob.raw.newest(), 'payload', text)).toBeUndefined()
        }
      }
      for (const text of TEXTS) {
        const kept = { type: 'message.send', to: target, isDurable: true }
        ada.channel.sendRaw(withMember(codec, kept, 'payload', text))
        const { messageId } = await bob.channel.next('message')
        expect(difference(await http('GET', `/agents/${bob.agentId}/inbox`), 'payload', text)).toBeUndefined()
        await http(
          'POST',
          `/agents/${bob.agentId}/inbox/acknowledge`,
          JSON.stringify({ messageIds: [messageId] }),
        )
      }
    })

    it('from sendMessage to an agent', async () => {
      const { agentId, channel, raw } = await agentOn(codec)
      for (const text of TEXTS) {
        await http('POST', '/messages', `{"to":{"kind":"agent","agentId":"${agentId}"},"payload":${text}}`)
        await channel.next('message')
        expect(difference(raw.newest(), 'payload', text)).toBeUndefined()
      }
    })
  })

  it('refuses a MessagePack payload that is not UTF-8', async () => {
    const { channel } = await agentOn('amos.v1.msgpack')
    for (const payload of Object.values(NOT_UTF8)) {
      channel.send({ type: 'message.send', requestId: 1, to: { kind: 'broadcast' }, payload })
      expect(await channel.next()).toMatchObject({ type: 'error', requestId: 1, code: 'utf8_invalid' })
    }
  })

  it('closes a JSON channel for a text message that is not UTF-8, as RFC 6455 §8.1 wants it', async () => {
    const { channel } = await agentOn('amos.v1.json')
    channel.socket.send(Buffer.from('{"payload":"caf\xe9"}', 'latin1'), { binary: false })
    expect(await channel.closed).toBe(1007)
  })

  it('from submitTask to a claim, and from completeTask to the client and to a retry', async () => {
    const agentId = await agents.register()
    for (const text of TEXTS) {
      const taskId = await submit(agentId, text)
      const claimed = await http('POST', `/agents/${agentId}/claims`, '{"waitMs":5000}')
      expect(difference(claimed, 'payload', text)).toBeUndefined()
      const fencingToken = /"fencingToken":(\d+)/.exec(claimed)?.[1]
      const report = `{"agentId":"${agentId}","fencingToken":${fencingToken},"result":${text}}`
      await http('POST', `/tasks/${taskId}/complete`, report)
      expect(difference(await http('GET', `/tasks/${taskId}`), 'result', text)).toBeUndefined()
    }
    const taskId = await submit(agentId, TEXTS[0] ?? '')
    await http('POST', `/tasks/${taskId}/cancel`, '{}')
    const again = idIn(await http('POST', `/tasks/${taskId}/retry`))
    expect(difference(await http('GET', `/tasks/${again}`), 'payload', TEXTS[0] ?? '')).toBeUndefined()
  })

  it('from submitTaskBatch to the client', async () => {
    const tasks = TEXTS.map((text) => `{"payload":${text},"type":"t","capabilities":["nobody"]}`)
    const { tasks: accepted } = JSON.parse(
      await http('POST', '/tasks/batch', `{"tasks":[${tasks.join(',')}]}`),
    ) as {
      tasks: { taskId: string }[]
    }
    for (const [index, { taskId }] of accepted.entries()) {
      expect(difference(await http('GET', `/tasks/${taskId}`), 'payload', TEXTS[index] ?? '')).toBeUndefined()
      await http('POST', `/tasks/${taskId}/cancel`, '{}')
    }
  })

  it('from createSchedule to the agent', async () => {
    const { agentId, channel, raw } = await agentOn('amos.v1.json')
    const timing = '{"kind":"once","at":"2100-01-01T00:00:00Z"}'
    for (const [index, text] of TEXTS.entries()) {
      const scheduleId = `${agentId}-${index}`
      const task = `{"type":"t","capabilities":["${agentId}"],"payload":${text}}`
      await http('POST', '/schedules', `{"scheduleId":"${scheduleId}","timing":${timing},"task":${task}}`)
      await http('POST', `/schedules/${scheduleId}/run`)
      const { taskId, fencingToken } = await channel.next('task.assigned')
      expect(difference(raw.newest(), 'payload', text)).toBeUndefined()
      channel.sendRaw(
        withMember('amos.v1.json', { type: 'task.complete', taskId, fencingToken }, 'result', '1'),
      )
      await http('DELETE', `/schedules/${scheduleId}`)
    }
  })

  it('from putMemory, putMemoryBatch and operateMemory to whoever reads', async () => {
    for (const text of TEXTS) {
      await http('PUT', '/memory/doors/one', `{"value":${text}}`)
      await http('POST', '/memory/doors/batch', `{"records":[{"key":"batch","value":${text}}]}`)
      await http('POST', '/memory/doors/register/operations', `{"type":"lww","replica":"r","value":${text}}`)
      for (const key of ['one', 'batch', 'register'])
        expect(difference(await http('GET', `/memory/doors/${key}`), 'value', text), key).toBeUndefined()
    }
  })

  it('from submitPipeline to its first stage, and from one stage to the next', async () => {
    const { agentId, channel, raw } = await agentOn('amos.v1.json')
    const stage = `{"type":"t","capabilities":["${agentId}"]}`
    for (const text of TEXTS) {
      await http('POST', '/pipelines', `{"payload":${text},"stages":[${stage},${stage}]}`)
      for (let count = 0; count < 2; count += 1) {
        const { taskId, fencingToken } = await channel.next('task.assigned')
        expect(difference(raw.newest(), 'payload', text)).toBeUndefined()
        channel.sendRaw(
          withMember('amos.v1.json', { type: 'task.complete', taskId, fencingToken }, 'result', text),
        )
      }
    }
  })

  it('from propose to the voters and to the client, and is what is hashed', async () => {
    const { agentId, channel } = await agentOn('amos.v1.json')
    for (const text of TEXTS) {
      const body = `{"title":"t","electorate":{"kind":"agents","agentIds":["${agentId}"]},"payload":${text}}`
      const opened = await http('POST', '/proposals', body)
      expect(difference(opened, 'payload', text)).toBeUndefined()
      const { proposalId, payloadHash } = JSON.parse(opened) as { proposalId: string; payloadHash: string }
      expect(payloadHash).toBe(createHash('sha256').update(text).digest('hex'))
      expect(difference(await http('GET', `/proposals/${proposalId}`), 'payload', text)).toBeUndefined()
      let notice: { kind: string; payload?: string }
      do notice = (await channel.next('consensus'))['body'] as typeof notice
      while (notice.kind !== 'opened')
      expect(notice.payload).toBe(text)
      await http('POST', `/proposals/${proposalId}/cancel`, '{}')
    }
  })

  it.each(['/tasks', '/tasks/batch', '/pipelines', '/messages', '/proposals', '/tasks/x/complete'])(
    'refuses what is not UTF-8 at %s',
    async (path) => {
      for (const bytes of Object.values(NOT_UTF8)) {
        const body = Buffer.concat([Buffer.from('{"payload":'), bytes, Buffer.from('}')])
        await expect(http('POST', path, body)).rejects.toThrow(/^400 .*"code":"utf8_invalid"/)
      }
    },
  )

  it('compares the bytes of a body under one Idempotency-Key', async () => {
    const submitKeyed = (payload: string) =>
      fetch(`${node.url}/v1/swarms/default/tasks`, {
        method: 'POST',
        body: `{"type":"t","capabilities":["nobody"],"payload":${payload}}`,
        headers: { 'content-type': 'application/json', 'idempotency-key': `key-${store}` },
      })
    expect((await submitKeyed('9007199254740993')).status).toBe(201)
    expect((await submitKeyed('9007199254740993')).headers.get('idempotency-replayed')).toBe('true')
    expect((await submitKeyed('9007199254740992')).status).toBe(422)
  })
})

/** The bytes of the frames as they came. */
function rawFrames(channel: FrameClient): { newest(): Buffer } {
  let newest: Buffer = Buffer.alloc(0)
  channel.socket.prependListener('message', (data: Buffer) => {
    newest = data
  })
  return { newest: () => newest }
}

function withMember(
  codec: (typeof CODECS)[number],
  frame: object,
  name: 'payload' | 'result',
  text: string,
): string | Buffer {
  if (codec === 'amos.v1.msgpack') return pack({ ...frame, [name]: Buffer.from(text) })
  return `${JSON.stringify(frame).slice(0, -1)},"${name}":${text}}`
}

/** How the document differs from one that has the text as the value of a member; undefined where it does not. */
function difference(document: string | Buffer, name: string, text: string): string | undefined {
  const bytes = typeof document === 'string' ? Buffer.from(document) : document
  const isBinary = typeof document !== 'string' && document[0] !== 0x7b
  const wanted = isBinary ? packed(name, text) : Buffer.from(`"${name}":${text}`)
  const at = bytes.indexOf(wanted)
  const isWhole = isBinary || [0x2c, 0x7d].includes(bytes[at + wanted.length] ?? 0)
  // Texts are long, so that they are not shown whole.
  return at >= 0 && isWhole
    ? undefined
    : `${name} is not ${text.slice(0, 80)}: ${bytes.toString().slice(-200)}`
}

/** A member of a map, as MessagePack writes it. */
function packed(name: string, text: string): Buffer {
  return Buffer.concat([pack(name), pack(Buffer.from(text))])
}

function idIn(text: string): string {
  return (JSON.parse(text) as { taskId: string }).taskId
}
