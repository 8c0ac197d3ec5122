import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ChannelFrameOf } from '#contract/index.ts'
import { type AgentNotice, SwarmAgent } from '#sdk/index.ts'
import { eventually } from '../../helpers/eventually.ts'
import { type HubChannel, ScriptedHub } from './scripted-hub.ts'

describe('durable messages, as the SDK acknowledges them', () => {
  let hub: ScriptedHub
  let agent: SwarmAgent
  let channel: HubChannel
  let handled: string[]
  let notices: AgentNotice[]

  beforeEach(async () => {
    hub = await ScriptedHub.listen()
    handled = []
    notices = []
    agent = new SwarmAgent({ url: hub.url, agentId: 'ada', onNotice: (notice) => notices.push(notice) })
    agent.onMessage(({ messageId }) => void handled.push(messageId))
    await agent.start()
    channel = await hub.channel()
  })
  afterEach(async () => {
    await agent.close()
    await hub.close()
  })

  const acks = (of = channel) => of.frames.flatMap((frame) => (frame.type === 'message.ack' ? [frame] : []))

  it('are told again where the swarm could not take it down, with those that came meanwhile', async () => {
    channel.send(durable('one'))
    channel.refuse(await channel.frame('message.ack'), 'store_unavailable', 503, true)
    channel.send(durable('two'))
    await eventually(() => acks().length === 2)
    expect(acks()[1]?.messageIds).toEqual(['one', 'two'])
  })

  it('are named once in a frame, however often they came', async () => {
    channel.send(durable('one'))
    const first = await channel.frame('message.ack')
    channel.send(durable('one'))
    channel.send(durable('one'))
    channel.send(durable('two'))
    await eventually(() => handled.length === 2)
    channel.refuse(first, 'store_unavailable', 503, true)
    await eventually(() => acks().length === 2)
    expect(acks()[1]?.messageIds).toEqual(['one', 'two'])
    expect(handled).toEqual(['one', 'two'])
  })

  it('are acknowledged when they come while an earlier frame is not answered', async () => {
    channel.send(durable('one'))
    const first = await channel.frame('message.ack')
    channel.send(durable('two'))
    await eventually(() => handled.length === 2)
    channel.ack(first)
    await eventually(() => acks().length === 2)
    expect(acks()[1]?.messageIds).toEqual(['two'])
  })

  it('are acknowledged over the next connection where this one broke before', async () => {
    channel.send(durable('one'))
    await channel.frame('message.ack')
    channel.socket.terminate()
    const next = await hub.channel(1)
    expect(await next.frame('message.ack')).toMatchObject({ messageIds: ['one'] })
  })

  it('do not hold up others where the swarm will not have one', async () => {
    channel.send(durable('one'))
    channel.refuse(await channel.frame('message.ack'), 'frame_invalid', 400)
    await eventually(() => notices.some(({ type }) => type === 'error'))
    channel.send(durable('two'))
    await eventually(() => acks().length === 2)
    expect(acks()[1]?.messageIds).toEqual(['two'])
  })

  it('go in frames no longer than the swarm takes', async () => {
    channel.send(durable('first'))
    const first = await channel.frame('message.ack')
    for (let index = 0; index < 700; index += 1) channel.send(durable(`m-${index}`))
    await eventually(() => handled.length === 701)
    hub.answers.acknowledges.add('message.ack')
    channel.ack(first)
    await eventually(() => acks().length === 3)
    expect(acks().map(({ messageIds }) => messageIds.length)).toEqual([1, 500, 200])
  })
})

function durable(messageId: string): ChannelFrameOf<'message'> {
  return {
    type: 'message',
    messageId,
    from: 'bob',
    to: { kind: 'agent', agentId: 'ada' },
    kind: 'message',
    payload: null,
    sentAt: '2026-01-01T12:00:00.000Z',
    isDurable: true,
    path: ['bob', 'ada'],
    topologyVersion: 1,
  }
}
