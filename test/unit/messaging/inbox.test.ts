import { describe, expect, it } from 'vitest'
import { INBOX_RECORDS } from '#domain/model/message.ts'
import { anAgent, Cluster, type ClusterOptions, SCOPE, TestAgent } from '../domain/cluster.ts'
import { acknowledge, acknowledgeAll, messagesTo, say, textsTo, toAgent } from './talk.ts'

const durable = { isDurable: true }

/** Refuses the next `count` steps, before or after they are written. */
class Faults {
  #left = 0
  #fail: 'before_commit' | 'after_commit' = 'before_commit'

  next(count: number, fail: 'before_commit' | 'after_commit'): void {
    this.#left = count
    this.#fail = fail
  }

  faultFor = () => {
    if (this.#left === 0) return undefined
    this.#left -= 1
    return { fail: this.#fail }
  }
}

async function twoAgents(options: ClusterOptions = {}) {
  const cluster = new Cluster(options)
  const node = await cluster.node()
  const [ada, bob] = [await anAgent('ada', node), await anAgent('bob', node)]
  return { cluster, node, ada, bob }
}

describe('a durable message', () => {
  it('waits for an agent that is away, and comes in order before what is sent at its return', async () => {
    const { cluster, node, ada, bob } = await twoAgents()
    await bob.detach()
    await cluster.pass(2_000)
    const sent = await say(ada, node, toAgent('bob'), '1', durable)
    expect(sent).toMatchObject({ isStored: true, deliveredTo: 0, path: ['ada'] })
    await say(ada, node, toAgent('bob'), '2', durable)
    const attached = bob.attach()
    const later = [
      say(ada, node, toAgent('bob'), '3', durable),
      attached.then(() => say(ada, node, { kind: 'broadcast' }, '4')),
    ]
    await Promise.all([attached, ...later])
    await cluster.pass(0)
    expect(textsTo(bob)).toEqual(['1', '2', '3', '4'])
  })

  it('is delivered again at each attach until it is acknowledged', async () => {
    const { cluster, node, ada, bob } = await twoAgents()
    await say(ada, node, toAgent('bob'), '1', { ...durable, messageId: 'one' })
    await say(ada, node, toAgent('bob'), '2', { ...durable, messageId: 'two' })
    await bob.attach()
    await cluster.pass(0)
    expect(textsTo(bob)).toEqual(['1', '2'])
    expect(await acknowledge(bob, node, ['one', 'unknown'])).toBe(1)
    expect(await acknowledge(bob, node, ['one'])).toBe(0)
    await bob.attach()
    await cluster.pass(0)
    expect(textsTo(bob)).toEqual(['2'])
    expect(await node.service.messages.inbox({ agentId: bob.id, after: 0, countMax: 10 })).toMatchObject([
      { position: 2, message: { messageId: 'two' } },
    ])
  })

  it('is kept once however often it is sent, and its id is not given to another', async () => {
    const { node, ada, bob } = await twoAgents()
    const eve = await anAgent('eve', node)
    await say(ada, node, toAgent('bob'), '1', { ...durable, messageId: 'one' })
    const again = await say(ada, node, toAgent('bob'), '1', { ...durable, messageId: 'one' })
    expect(again).toMatchObject({ isStored: true, deliveredTo: 0 })
    expect(textsTo(bob)).toEqual(['1'])
    for (const [sender, text] of [[eve, '1'] as const, [ada, 'other'] as const]) {
      const other = say(sender, node, toAgent('bob'), text, { ...durable, messageId: 'one' })
      await expect(other).rejects.toMatchObject({ code: 'idempotency_key_reused' })
    }
  })

  it('is not delivered once it expired, and is swept away', async () => {
    const { cluster, node, ada, bob } = await twoAgents({ orchestrator: { retentionEveryMs: 60_000 } })
    await bob.detach()
    await cluster.pass(2_000)
    await say(ada, node, toAgent('bob'), 'short', { ...durable, ttlMs: 5_000 })
    await say(ada, node, toAgent('bob'), 'long', { ...durable, ttlMs: 500_000 })
    await cluster.pass(5_000)
    await bob.attach()
    await cluster.pass(0)
    expect(textsTo(bob)).toEqual(['long'])
    const kept = () => node.infra.store.list({ scope: SCOPE, kind: INBOX_RECORDS, countMax: 10 })
    expect(await kept()).toHaveLength(2)
    await cluster.pass(60_000)
    expect(await kept()).toMatchObject([{ value: { message: { payload: '"long"' } } }])
  })

  it('is refused past the limit, which expired and acknowledged ones do not count to', async () => {
    const { cluster, node, ada, bob } = await twoAgents({ orchestrator: { inboxMessagesMax: 3 } })
    await say(ada, node, toAgent('bob'), '1', { ...durable, ttlMs: 1_000 })
    await say(ada, node, toAgent('bob'), '2', { ...durable, messageId: 'two' })
    await say(ada, node, toAgent('bob'), '3', durable)
    const tooMany = say(ada, node, toAgent('bob'), '4', durable)
    await expect(tooMany).rejects.toMatchObject({
      code: 'limit_exceeded',
      details: { limitName: 'inboxMessagesMax', limit: 3, actual: 4 },
    })
    await cluster.pass(1_000)
    await say(ada, node, toAgent('bob'), '5', durable)
    await acknowledge(bob, node, ['two'])
    await say(ada, node, toAgent('bob'), '6', durable)
    await expect(say(ada, node, toAgent('bob'), '7', durable)).rejects.toMatchObject({
      code: 'limit_exceeded',
    })
    const all = await Promise.allSettled(
      ['a', 'b', 'c', 'd', 'e'].map((text) => say(bob, node, toAgent('ada'), text, durable)),
    )
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
  })

  it('goes with the agent it was for', async () => {
    const { cluster, node, ada, bob } = await twoAgents()
    await bob.detach()
    await say(ada, node, toAgent('bob'), '1', { ...durable, messageId: 'one' })
    await node.service.agents.deregister({ agentId: bob.id })
    await cluster.pass(0)
    expect(await node.infra.store.list({ scope: SCOPE, kind: INBOX_RECORDS, countMax: 10 })).toEqual([])
    await bob.register()
    await bob.attach()
    await cluster.pass(0)
    expect(textsTo(bob)).toEqual([])
  })

  it('waits while a hundred before it are not acknowledged; plain ones pass', async () => {
    const { cluster, node, ada, bob } = await twoAgents()
    const texts = Array.from({ length: 250 }, (_, index) => `${index}`)
    for (const text of texts) await say(ada, node, toAgent('bob'), text, durable)
    expect(textsTo(bob)).toEqual(texts.slice(0, 100))
    await say(ada, node, toAgent('bob'), 'plain')
    expect(textsTo(bob).at(-1)).toBe('plain')
    for (let turn = 0; turn < 3; turn += 1) {
      await acknowledgeAll(bob, node)
      await cluster.pass(0)
    }
    expect(textsTo(bob).filter((text) => text !== 'plain')).toEqual(texts)
    await say(ada, node, toAgent('bob'), 'last', durable)
    expect(textsTo(bob).at(-1)).toBe('last')
  })

  it('comes as soon as a slow receiver reads again, though nothing else happens', async () => {
    const { cluster, node, ada, bob } = await twoAgents()
    node.sessions.slow.add(bob.session)
    expect(await say(ada, node, toAgent('bob'), '1', durable)).toMatchObject({
      isStored: true,
      deliveredTo: 0,
    })
    await say(ada, node, toAgent('bob'), '2', durable)
    await cluster.pass(500)
    expect(textsTo(bob)).toEqual([])
    node.sessions.slow.delete(bob.session)
    await cluster.pass(500)
    expect(textsTo(bob)).toEqual(['1', '2'])
  })

  it('comes though its inbox could not be read for a while', async () => {
    const { cluster, node, ada, bob } = await twoAgents()
    await bob.detach()
    for (const text of ['1', '2']) await say(ada, node, toAgent('bob'), text, durable)
    node.infra.store.setUnreadable('the disk sleeps')
    await bob.attach()
    await cluster.pass(1_000)
    expect(textsTo(bob)).toEqual([])
    node.infra.store.setUnreadable(undefined)
    await cluster.pass(1_000)
    expect(textsTo(bob)).toEqual(['1', '2'])
  })

  it('comes though the store did not answer when it was kept, and a later one came before', async () => {
    const faults = new Faults()
    const { cluster, node, ada, bob } = await twoAgents(faults)
    const eve = await anAgent('eve', node)
    faults.next(1, 'after_commit')
    const first = say(ada, node, toAgent('bob'), 'early', { ...durable, messageId: 'one' })
    await expect(first).rejects.toMatchObject({ code: 'store_unavailable' })
    await say(eve, node, toAgent('bob'), 'late', durable)
    await say(ada, node, toAgent('bob'), 'early', { ...durable, messageId: 'one' })
    await cluster.pass(0)
    expect(textsTo(bob)).toEqual(['late', 'early'])
  })

  it('comes after a hundred whose acknowledgement the store did not answer', async () => {
    const faults = new Faults()
    const { cluster, node, ada, bob } = await twoAgents(faults)
    for (let index = 0; index < 150; index += 1) await say(ada, node, toAgent('bob'), `${index}`, durable)
    faults.next(1, 'after_commit')
    await expect(acknowledgeAll(bob, node)).rejects.toMatchObject({ code: 'store_unavailable' })
    await bob.attach()
    await cluster.pass(0)
    expect(textsTo(bob)).toEqual(Array.from({ length: 50 }, (_, index) => `${100 + index}`))
  })

  it('does not wait for a hundred that expired unacknowledged', async () => {
    const { cluster, node, ada, bob } = await twoAgents()
    const short = { ...durable, ttlMs: 5_000 }
    for (let index = 0; index < 100; index += 1) await say(ada, node, toAgent('bob'), 'short', short)
    await say(ada, node, toAgent('bob'), 'long', durable)
    await cluster.pass(4_000)
    expect(textsTo(bob)).not.toContain('long')
    await cluster.pass(2_000)
    expect(textsTo(bob).at(-1)).toBe('long')
  })

  it('is not read again and again while its receiver is away', async () => {
    const { cluster, node, ada, bob } = await twoAgents()
    node.sessions.slow.add(bob.session)
    await say(ada, node, toAgent('bob'), '1', durable)
    await bob.detach()
    node.infra.store.setUnreadable('nothing has to be read')
    await cluster.pass(10_000)
    expect(node.logger.lines.filter(({ message }) => message === 'inbox not delivered')).toEqual([])
  })

  it('survives a restart in its order', async () => {
    const { cluster, node, ada, bob } = await twoAgents()
    await bob.detach()
    for (const text of ['z', 'a', 'm']) {
      await say(ada, node, toAgent('bob'), text, { ...durable, messageId: `id-${text}` })
    }
    node.die()
    const after = await cluster.node()
    await cluster.pass(3_000)
    const [again, sender] = [new TestAgent('bob', after), new TestAgent('ada', after)]
    await sender.attach()
    await again.attach()
    await cluster.pass(0)
    expect(textsTo(again)).toEqual(['z', 'a', 'm'])
    await say(sender, after, toAgent('bob'), 'next', durable)
    expect(messagesTo(again).map(({ isDurable }) => isDurable)).toEqual([true, true, true, true])
    expect(textsTo(again).at(-1)).toBe('next')
  })
})
