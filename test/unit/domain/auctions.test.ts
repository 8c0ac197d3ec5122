import { describe, expect, it } from 'vitest'
import { taskId } from '#domain/model/ids.ts'
import { type StrategyRequest, strategySettings } from '#domain/model/strategy-settings.ts'
import { anAgent, Cluster, submit, type TestAgent, type TestNode } from './cluster.ts'

const LONG_MS = 5_000

async function swarmOf(
  names: readonly string[],
  settings: Omit<Extract<StrategyRequest, { kind: 'auction' }>, 'kind'> = {},
): Promise<{ cluster: Cluster; node: TestNode; agents: readonly TestAgent[] }> {
  const cluster = new Cluster()
  const node = await cluster.node()
  const strategy = strategySettings({ kind: 'auction', bidWindowMs: LONG_MS, ...settings })
  await node.service.swarm.update({ strategy })
  const agents: TestAgent[] = []
  for (const name of names) agents.push(await anAgent(name, node))
  return { cluster, node, agents }
}

/** Answers the newest call that the agent got. */
async function bid(
  agent: TestAgent,
  answer: { price?: number; isDeclined?: true; promiseMs?: number },
): Promise<void> {
  const call = agent.told.findLast((delivery) => delivery.type === 'call_for_bids')
  if (call?.type !== 'call_for_bids') throw new Error(`${agent.id} was not called`)
  const { auctionId } = call.call
  const { id: agentId, session: sessionId } = agent
  await agent.service.distribution.bid({ agentId, sessionId, auctionId, ...answer })
}

const tasksOf = (agent: TestAgent): readonly string[] => agent.assignments.map(({ taskId }) => taskId)
const callsTo = (agent: TestAgent): number => agent.told.filter(({ type }) => type === 'call_for_bids').length

describe('a live auction', () => {
  it('goes to the lowest bid as soon as all have answered, and records the second price', async () => {
    const { cluster, node, agents } = await swarmOf(['ada', 'bob', 'eve'])
    const [ada, bob, eve] = agents as [TestAgent, TestAgent, TestAgent]
    await submit(node, 't1')
    await cluster.pass(1)
    await bid(ada, { price: 3 })
    await bid(bob, { price: 1 })
    await cluster.pass(10)
    expect(agents.flatMap(tasksOf)).toEqual([])
    await bid(eve, { price: 2 })
    await cluster.pass(1)
    expect(tasksOf(bob)).toEqual(['t1'])
    expect(await node.swarm.reader.decision(taskId('t1'))).toMatchObject({
      strategy: 'auction',
      price: 1,
      secondPrice: 2,
      candidateCount: 3,
      reason: 'the lowest of 3 bids',
    })
  })

  it('counts the first bid of an agent only: it is sealed', async () => {
    const { cluster, node, agents } = await swarmOf(['ada', 'bob'])
    const [ada, bob] = agents as [TestAgent, TestAgent]
    await submit(node, 't1')
    await cluster.pass(1)
    await bid(ada, { price: 3 })
    await bid(ada, { price: 0 })
    await bid(bob, { price: 2 })
    await cluster.pass(1)
    expect(tasksOf(bob)).toEqual(['t1'])
  })

  it('lets the hub bid for agents that say nothing until the window closes', async () => {
    const { cluster, node, agents } = await swarmOf(['ada', 'bob'], { bidWindowMs: 50 })
    const [ada, bob] = agents as [TestAgent, TestAgent]
    await submit(node, 't1')
    await cluster.pass(1)
    await bid(ada, { price: 1_000 })
    await cluster.pass(20)
    expect(agents.flatMap(tasksOf)).toEqual([])
    await cluster.pass(60)
    expect(tasksOf(bob)).toEqual(['t1'])
  })

  it('gives nothing to agents that decline, and offers the task again', async () => {
    const { cluster, node, agents } = await swarmOf(['ada'], { bidWindowMs: 50 })
    const [ada] = agents as [TestAgent]
    await submit(node, 't1')
    await cluster.pass(1)
    await bid(ada, { isDeclined: true })
    await cluster.pass(10)
    expect(callsTo(ada)).toBe(1)
    await cluster.pass(60)
    expect(tasksOf(ada)).toEqual([])
    expect(callsTo(ada)).toBe(2)
    await bid(ada, { price: 1 })
    await cluster.pass(1)
    expect(tasksOf(ada)).toEqual(['t1'])
  })

  it('pays no more than the reserve price', async () => {
    const { cluster, node, agents } = await swarmOf(['ada', 'bob'], { reservePrice: 5 })
    const [ada, bob] = agents as [TestAgent, TestAgent]
    await submit(node, 't1')
    await cluster.pass(1)
    await bid(ada, { price: 6 })
    await bid(bob, { price: 5.5 })
    await cluster.pass(1)
    expect(agents.flatMap(tasksOf)).toEqual([])
  })

  it('ends without an agent that dies while it runs', async () => {
    const { cluster, node, agents } = await swarmOf(['ada', 'bob'])
    const [ada, bob] = agents as [TestAgent, TestAgent]
    await submit(node, 't1')
    await cluster.pass(1)
    await bid(ada, { price: 1 })
    await ada.detach('agent')
    await cluster.pass(10)
    await bid(bob, { price: 9 })
    await cluster.pass(1)
    expect([tasksOf(ada), tasksOf(bob)]).toEqual([[], ['t1']])
  })

  it('does not wait for an agent that left before it answered', async () => {
    const { cluster, node, agents } = await swarmOf(['ada', 'bob'])
    const [ada, bob] = agents as [TestAgent, TestAgent]
    await submit(node, 't1')
    await cluster.pass(1)
    await bid(bob, { price: 9 })
    await node.service.agents.patch({ agentId: ada.id, spec: {}, isDraining: true })
    await cluster.pass(1)
    expect(tasksOf(bob)).toEqual(['t1'])
  })

  it('is held again when the winner gives the task back', async () => {
    const { cluster, node, agents } = await swarmOf(['ada', 'bob'])
    const [ada, bob] = agents as [TestAgent, TestAgent]
    await submit(node, 't1')
    await cluster.pass(1)
    await bid(ada, { price: 1 })
    await bid(bob, { price: 2 })
    await cluster.pass(1)
    await node.service.tasks.release({ ...ada.report(ada.assignments[0]!), reason: 'busy' })
    await cluster.pass(1)
    expect([callsTo(ada), callsTo(bob)]).toEqual([2, 2])
    await bid(ada, { isDeclined: true })
    await bid(bob, { price: 2 })
    await cluster.pass(1)
    expect(tasksOf(bob)).toEqual(['t1'])
  })

  it('holds several at once and matches them together', async () => {
    const { cluster, node, agents } = await swarmOf(['ada', 'bob'], { bidWindowMs: 50 })
    const [ada, bob] = agents as [TestAgent, TestAgent]
    await submit(node, 't1')
    await submit(node, 't2')
    await cluster.pass(1)
    const calls = (agent: TestAgent) =>
      agent.told.flatMap((delivery) => (delivery.type === 'call_for_bids' ? [delivery.call] : []))
    const prices: Readonly<Record<string, Readonly<Record<string, number>>>> = {
      // One after the other would give t1 to ada for 1, and t2 to bob for 100.
      ada: { t1: 1, t2: 2 },
      bob: { t1: 3, t2: 100 },
    }
    const bids = [ada, bob].flatMap((agent) =>
      calls(agent).map(({ auctionId, taskId: task }) => {
        const price = prices[agent.id]?.[task] ?? 0
        return node.service.distribution.bid({
          agentId: agent.id,
          sessionId: agent.session,
          auctionId,
          price,
        })
      }),
    )
    await Promise.all(bids)
    await cluster.pass(60)
    expect([tasksOf(ada), tasksOf(bob)]).toEqual([['t2'], ['t1']])
  })

  it('raises the bids of an agent that breaks its promises', async () => {
    const { cluster, node, agents } = await swarmOf(['ada', 'bob'])
    const [ada, bob] = agents as [TestAgent, TestAgent]
    for (let index = 0; index < 12; index += 1) {
      await submit(node, `t${index}`)
      await cluster.pass(1)
      await bid(ada, { price: 1, promiseMs: 10 })
      await bid(bob, { price: 2 })
      await cluster.pass(100)
      for (const agent of agents)
        for (const held of agent.assignments.filter(({ taskId }) => taskId === `t${index}`))
          await agent.complete(held)
    }
    expect(tasksOf(ada).length).toBeLessThan(10)
    expect(tasksOf(bob).length).toBeGreaterThan(2)
  })

  it('offers no more tasks at once than agents have room for', async () => {
    const { cluster, node, agents } = await swarmOf(['ada'])
    const [ada] = agents as [TestAgent]
    for (let index = 0; index < 20; index += 1) await submit(node, `t${index}`)
    await cluster.pass(1)
    expect(callsTo(ada)).toBe(1)
    for (let index = 0; index < 20; index += 1) {
      await bid(ada, { price: 1 })
      await cluster.pass(1)
      await ada.complete(ada.assignments[index]!)
      await cluster.pass(1)
    }
    expect(callsTo(ada)).toBe(20)
  })

  it('refuses a bid over a connection that was replaced', async () => {
    const { cluster, node, agents } = await swarmOf(['ada'])
    const [ada] = agents as [TestAgent]
    await submit(node, 't1')
    await cluster.pass(1)
    const { session } = ada
    await ada.attach()
    await expect(
      node.service.distribution.bid({ agentId: ada.id, sessionId: session, auctionId: 'x', price: 1 }),
    ).rejects.toMatchObject({ code: 'session_superseded' })
  })
})
