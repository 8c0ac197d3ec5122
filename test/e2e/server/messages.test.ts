import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { MESSAGE_OPERATIONS } from '#contract/operations/message-operations.ts'
import { ChannelAgents } from '../../helpers/channel-agents.ts'
import { eventually } from '../../helpers/eventually.ts'
import type { FrameClient } from '../../helpers/frame-client.ts'
import { startTestNode, type TestNode } from '../../helpers/test-node.ts'

const { sendMessage, readInbox, acknowledgeInbox, getTopology, getMessageMetrics } = MESSAGE_OPERATIONS
const KIB = 1_024

describe('messages over the wire', () => {
  let node: TestNode
  let agents: ChannelAgents

  beforeAll(async () => {
    node = await startTestNode()
    agents = new ChannelAgents(node.url)
  })
  afterEach(() => agents.closeAll())
  afterAll(() => node.close())

  async function connected(options?: Parameters<ChannelAgents['connect']>[1]) {
    const agentId = await agents.register()
    return { agentId, channel: await agents.welcomed(agentId, options) }
  }
  const toAgent = (agentId: string) => ({ kind: 'agent', agentId })

  it('relay the payload as it was written, and tell the sender what became of it', async () => {
    const [ada, bob] = [await connected(), await connected()]
    const payload = '{ "n": 12345678901234567890.10, "text": "é\\u00e9" }'
    const raw: string[] = []
    bob.channel.socket.on('message', (data: Buffer) => raw.push(data.toString()))
    ada.channel.sendRaw(
      `{"type":"message.send","requestId":1,"to":{"kind":"agent","agentId":"${bob.agentId}"},"payload":${payload}}`,
    )
    expect(await ada.channel.next()).toMatchObject({
      type: 'ack',
      requestId: 1,
      result: { deliveredTo: 1, isStored: false, path: [ada.agentId, bob.agentId] },
    })
    expect(await bob.channel.next()).toMatchObject({ type: 'message', from: ada.agentId, kind: 'message' })
    expect(raw[0]).toContain(`"payload":${payload}`)
  })

  it('cross between JSON and MessagePack, one to one and one to many', async () => {
    const ada = await connected({ subprotocols: ['amos.v1.msgpack'] })
    const [bob, eve] = [await connected(), await connected({ subprotocols: ['amos.v1.msgpack'] })]
    const payload = Buffer.from('{"a":[1,2]}')
    ada.channel.send({ type: 'message.send', to: toAgent(bob.agentId), payload })
    expect(await bob.channel.next()).toMatchObject({ payload: { a: [1, 2] } })
    ada.channel.send({ type: 'message.send', to: { kind: 'broadcast' }, payload })
    expect(await bob.channel.next()).toMatchObject({ to: { kind: 'broadcast' }, payload: { a: [1, 2] } })
    const binary = await eve.channel.next()
    expect(Buffer.from(binary['payload'] as Uint8Array).toString()).toBe('{"a":[1,2]}')
  })

  it('reach the subscribers of a topic', async () => {
    const [ada, bob, eve] = [await connected(), await connected(), await connected()]
    bob.channel.send({ type: 'subscribe', requestId: 1, topics: ['news'] })
    expect(await bob.channel.next()).toEqual({ type: 'ack', requestId: 1 })
    ada.channel.send({ type: 'message.send', requestId: 1, to: { kind: 'topic', topic: 'news' }, payload: 1 })
    expect(await ada.channel.next()).toMatchObject({ result: { deliveredTo: 1 } })
    expect(await bob.channel.next()).toMatchObject({ to: { kind: 'topic', topic: 'news' }, payload: 1 })
    ada.channel.send({ type: 'message.send', to: toAgent(eve.agentId), payload: 'next' })
    expect(await eve.channel.next()).toMatchObject({ payload: 'next' })
  })

  it('wait in the inbox, which is read and acknowledged over HTTP and over the channel', async () => {
    const [ada, bob] = [await connected(), await connected()]
    const params = { agentId: bob.agentId }
    for (const messageId of ['m-1', 'm-2', 'm-3']) {
      const to = toAgent(bob.agentId)
      const body = { from: ada.agentId, to, messageId, isDurable: true, payload: messageId }
      const sent = await agents.client.call(sendMessage, { body })
      expect(sent).toMatchObject({ status: 202, body: { isStored: true, deliveredTo: 1 } })
      expect(await bob.channel.next()).toMatchObject({ messageId, isDurable: true })
    }
    const first = await agents.client.call(readInbox, { params, query: { pageSize: '2' } })
    expect(first.body).toMatchObject({
      messages: [{ messageId: 'm-1' }, { messageId: 'm-2', payload: 'm-2' }],
    })
    const pageToken = String(first.body['nextPageToken'])
    const second = await agents.client.call(readInbox, { params, query: { pageSize: '2', pageToken } })
    expect(second.body).toMatchObject({ messages: [{ messageId: 'm-3' }] })
    bob.channel.send({ type: 'message.ack', requestId: 1, messageIds: ['m-1', 'x'] })
    expect(await bob.channel.next()).toMatchObject({ type: 'ack', result: { acknowledgedCount: 1 } })
    const acknowledged = await agents.client.call(acknowledgeInbox, { params, body: { messageIds: ['m-2'] } })
    expect(acknowledged.body).toEqual({ acknowledgedCount: 1 })
    const again = await agents.welcomed(bob.agentId)
    expect(await again.next()).toMatchObject({ type: 'message', messageId: 'm-3' })
  })

  it('are refused with a reason', async () => {
    const ada = await connected()
    const refused = async (message: object) => {
      ada.channel.send({ type: 'message.send', requestId: 1, payload: 1, ...message })
      return (await ada.channel.next('error'))['code']
    }
    expect(await refused({ to: toAgent('nobody') })).toBe('agent_not_found')
    const away = await agents.register()
    expect(await refused({ to: toAgent(away) })).toBe('no_route')
    expect(await refused({ to: { kind: 'broadcast' }, isDurable: true })).toBe('validation_failed')
    expect(await refused({ to: { kind: 'everybody' } })).toBe('frame_invalid')
    const large = 'x'.repeat(129 * KIB)
    expect(await refused({ to: toAgent(ada.agentId), payload: large })).toBe('payload_too_large')
  })

  it('are counted, and the topology says who is here and what it cost', async () => {
    const [ada, bob] = [await connected(), await connected()]
    ada.channel.send({ type: 'message.send', requestId: 1, to: toAgent(bob.agentId), payload: 1 })
    await ada.channel.next('ack')
    const { body } = await agents.client.call(getTopology)
    expect(body).toMatchObject({ kind: 'mesh' })
    const ends = { from: ada.agentId, to: bob.agentId }
    expect(JSON.stringify(body['edges'])).toMatch(
      new RegExp(`${ends.from}.*${ends.to}|${ends.to}.*${ends.from}`),
    )
    const { body: metrics } = await agents.client.call(getMessageMetrics)
    expect(metrics).toMatchObject({ counts: { direct: { refused: 0 }, 'topic:news': { sent: 1 } } })
    const text = await metricsText()
    expect(text).toContain(
      'amos_messages_total{tenant="default",swarm="default",kind="topic",outcome="sent"} 1',
    )
    expect(framesReceived(text)).toBeGreaterThan(0)
    ada.channel.send({ type: 'message.send', requestId: 2, to: toAgent(bob.agentId), payload: 2 })
    await ada.channel.next('ack')
    expect(framesReceived(await metricsText())).toBe(framesReceived(text) + 1)
  })

  async function metricsText(): Promise<string> {
    return (await fetch(`${node.url}/metrics`)).text()
  }

  it('do not pile up for a receiver that does not read; it is told, and others are not disturbed', async () => {
    const [ada, slow, quick] = [await connected(), await connected(), await connected()]
    slow.channel.socket.pause()
    const quickGot = counted(quick.channel)
    const payload = 'x'.repeat(64 * KIB)
    let sent = 0
    let backpressure: unknown
    while (backpressure === undefined && sent < 2_000) {
      sent += 1
      ada.channel.send({ type: 'message.send', requestId: sent, to: toAgent(slow.agentId), payload })
      const answer = await ada.channel.next()
      if (answer.type === 'error') backpressure = answer
    }
    expect(backpressure).toMatchObject({ code: 'backpressure', retryable: true, retryAfterMs: 50 })
    const startedAt = performance.now()
    for (let index = 0; index < 20; index += 1) {
      ada.channel.send({ type: 'message.send', requestId: index, to: { kind: 'broadcast' }, payload: index })
      await ada.channel.next('ack')
    }
    await eventually(() => expect(quickGot.count).toBe(20))
    expect(performance.now() - startedAt).toBeLessThan(2_000)
    // Work overtakes the messages that wait.
    const taskId = await agents.submitFor(slow.agentId)
    const order: string[] = []
    slow.channel.socket.on('message', (data: Buffer) => order.push(data.toString().slice(0, 24)))
    slow.channel.socket.resume()
    expect(await slow.channel.next('gap')).toMatchObject({ missedCount: 20 })
    const assignedAt = order.findIndex((text) => text.includes('task.assigned'))
    const gapAt = order.findIndex((text) => text.includes('"gap"'))
    expect([assignedAt >= 0, assignedAt < gapAt - 10], taskId).toEqual([true, true])
  })
})

function counted(channel: FrameClient): { readonly count: number } {
  const seen = { count: 0 }
  channel.socket.on('message', () => (seen.count += 1))
  return seen
}

function framesReceived(metrics: string): number {
  const line = /^amos_frames_received_total\{socket="channel",type="message.send"\} (\d+)$/m.exec(metrics)
  return Number(line?.[1])
}
