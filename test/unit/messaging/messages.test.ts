import { describe, expect, it } from 'vitest'
import { jsonText } from '#domain/model/ids.ts'
import { agentSpec, anAgent, Cluster, TestAgent } from '../domain/cluster.ts'
import { messagesTo, say, textsTo, toAgent } from './talk.ts'

async function threeAgents() {
  const cluster = new Cluster()
  const node = await cluster.node()
  const [ada, bob, eve] = [await anAgent('ada', node), await anAgent('bob', node), await anAgent('eve', node)]
  return { cluster, node, ada, bob, eve }
}

describe('a message to one agent', () => {
  it('arrives with its sender, path and payload, and nobody else gets it', async () => {
    const { node, ada, bob, eve } = await threeAgents()
    const sent = await say(ada, node, toAgent('bob'), 'hello', { kind: 'request', correlationId: 'c-1' })
    expect(sent).toMatchObject({ deliveredTo: 1, isStored: false, path: ['ada', 'bob'] })
    expect(messagesTo(bob)).toMatchObject([
      { from: 'ada', kind: 'request', correlationId: 'c-1', payload: '"hello"', path: ['ada', 'bob'] },
    ])
    expect(messagesTo(bob)[0]?.topologyVersion).toBe((await node.service.topology.view()).version)
    expect(messagesTo(eve)).toEqual([])
  })

  it('arrives in the order it was sent, without waiting for one another', async () => {
    const { node, ada, bob } = await threeAgents()
    const texts = Array.from({ length: 50 }, (_, index) => `${index}`)
    await Promise.all(texts.map((text) => say(ada, node, toAgent('bob'), text)))
    expect(textsTo(bob)).toEqual(texts)
  })

  it('keeps its order also where durable ones stand between plain ones', async () => {
    const { node, ada, bob } = await threeAgents()
    const texts = Array.from({ length: 30 }, (_, index) => `${index}`)
    const isDurable = (index: number): boolean => index % 3 === 0
    await Promise.all(
      texts.map((text, index) => say(ada, node, toAgent('bob'), text, { isDurable: isDurable(index) })),
    )
    expect(textsTo(bob)).toEqual(texts)
  })

  it('is refused where there is no such agent, where no path leads to it, and where it has no channel', async () => {
    const { cluster, node, ada, bob } = await threeAgents()
    await expect(say(ada, node, toAgent('nobody'), 'x')).rejects.toMatchObject({ code: 'agent_not_found' })
    const http = new TestAgent('http', node)
    await http.register()
    await node.service.agents.heartbeat({ agentId: http.id, held: [] })
    await expect(say(ada, node, toAgent('http'), 'x')).rejects.toMatchObject({
      code: 'recipient_unavailable',
    })
    await bob.detach()
    await cluster.pass(2_000)
    await expect(say(ada, node, toAgent('bob'), 'x')).rejects.toMatchObject({
      code: 'no_route',
      details: { from: 'ada', to: 'bob', reason: 'receiver_not_member' },
    })
  })

  it('is refused with a hint when to try again where the receiver does not read', async () => {
    const { node, ada, bob, eve } = await threeAgents()
    node.sessions.slow.add(bob.session)
    await expect(say(ada, node, toAgent('bob'), 'x')).rejects.toMatchObject({
      code: 'backpressure',
      retryable: true,
      details: { agentId: 'bob', retryAfterMs: 50 },
    })
    await say(ada, node, toAgent('eve'), 'y')
    expect(textsTo(eve)).toEqual(['y'])
    expect(await node.service.messages.counts()).toMatchObject({
      direct: { sent: 1, refused: 1, delivered: 1 },
    })
  })

  it('is refused over a connection that was replaced', async () => {
    const { node, ada } = await threeAgents()
    const old = ada.session
    await ada.attach()
    const send = node.service.messages.send({
      from: ada.id,
      sessionId: old,
      to: toAgent('bob'),
      messageId: 'late',
      kind: 'message',
      isDurable: false,
      payload: jsonText('1'),
    })
    await expect(send).rejects.toMatchObject({ code: 'session_superseded' })
  })

  it('makes an agent that speaks HTTP only a member by its first word', async () => {
    const { node, bob } = await threeAgents()
    const http = new TestAgent('http', node)
    await node.service.agents.register({ agentId: http.id, spec: agentSpec('http'), isNew: true })
    await node.service.messages.send({
      from: http.id,
      to: toAgent('bob'),
      messageId: 'm',
      kind: 'message',
      isDurable: false,
      payload: jsonText('"hi"'),
    })
    expect(messagesTo(bob)).toMatchObject([{ from: 'http', path: ['http', 'bob'] }])
  })
})

describe('a message to many', () => {
  it('reaches everybody but its sender, and one object serves all connections', async () => {
    const { node, ada, bob, eve } = await threeAgents()
    const sent = await say(ada, node, { kind: 'broadcast' }, 'all')
    expect(sent).toMatchObject({ deliveredTo: 2, path: ['ada'] })
    expect(textsTo(bob)).toEqual(['all'])
    expect(bob.told.at(-1)).toBe(eve.told.at(-1))
    expect(textsTo(ada)).toEqual([])
  })

  it('reaches those who subscribed to its topic, as they said last', async () => {
    const { node, ada, bob, eve } = await threeAgents()
    const { service } = node
    await service.messages.subscribe({ agentId: bob.id, sessionId: bob.session, topics: ['news', 'old'] })
    await service.messages.subscribe({ agentId: eve.id, sessionId: eve.session, topics: ['news'] })
    await service.messages.subscribe({ agentId: bob.id, sessionId: bob.session, topics: ['other'] })
    expect(await say(ada, node, { kind: 'topic', topic: 'news' }, 'n')).toMatchObject({ deliveredTo: 1 })
    expect(await say(ada, node, { kind: 'topic', topic: 'old' }, 'o')).toMatchObject({ deliveredTo: 0 })
    expect([textsTo(bob), textsTo(eve)]).toEqual([[], ['n']])
    const many = Array.from({ length: 101 }, (_, index) => `t${index}`)
    const tooMany = service.messages.subscribe({ agentId: eve.id, sessionId: eve.session, topics: many })
    await expect(tooMany).rejects.toMatchObject({ code: 'limit_exceeded' })
    await eve.attach()
    expect(await say(ada, node, { kind: 'topic', topic: 'news' }, 'n')).toMatchObject({ deliveredTo: 0 })
  })

  it('tells a receiver that was too slow what it missed, and disturbs no other', async () => {
    const { node, ada, bob, eve } = await threeAgents()
    node.sessions.slow.add(bob.session)
    for (const text of ['1', '2']) await say(ada, node, { kind: 'broadcast' }, text)
    node.sessions.slow.delete(bob.session)
    expect(await say(ada, node, { kind: 'broadcast' }, '3')).toMatchObject({ deliveredTo: 2 })
    expect(bob.told.slice(-3)).toMatchObject([
      { type: 'gap', missedCount: 1 },
      { type: 'gap', missedCount: 1 },
      { type: 'message' },
    ])
    expect(textsTo(eve)).toEqual(['1', '2', '3'])
  })

  it('may come from a client, which is in no topology', async () => {
    const { node, ada, bob } = await threeAgents()
    const message = { messageId: 'm', kind: 'message', isDurable: false, payload: jsonText('1') } as const
    const sent = await node.service.messages.send({ ...message, to: { kind: 'broadcast' } })
    expect(sent).toMatchObject({ deliveredTo: 3, path: [] })
    await node.service.messages.send({ ...message, to: toAgent('bob') })
    expect(messagesTo(bob).map(({ from, path }) => ({ from, path }))).toEqual([
      { from: undefined, path: [] },
      { from: undefined, path: ['bob'] },
    ])
    expect(messagesTo(ada)).toHaveLength(1)
  })

  it('crosses to another node once, whatever the number of agents there', async () => {
    const cluster = new Cluster()
    const first = await cluster.node({ isAlone: false })
    const second = await cluster.node({ isAlone: false })
    const ada = await cluster.settle(anAgent('ada', first))
    const bob = await cluster.settle(anAgent('bob', second))
    const eve = await cluster.settle(anAgent('eve', second))
    await cluster.settle(say(ada, first, { kind: 'broadcast' }, 'all'))
    await cluster.settle(say(ada, first, toAgent('eve'), 'you'))
    await cluster.settle(say(bob, second, toAgent('ada'), 'back'))
    await cluster.pass(0)
    expect([textsTo(ada), textsTo(bob), textsTo(eve)]).toEqual([['back'], ['all'], ['all', 'you']])
    expect(bob.told.at(-1)).toBe(eve.told.at(-2))
    second.sessions.slow.add(eve.session)
    await cluster.settle(say(ada, first, toAgent('eve'), 'lost'))
    await cluster.pass(0)
    expect(eve.told.at(-1)).toEqual({ type: 'gap', missedCount: 1 })
  })
})
