import { describe, expect, it } from 'vitest'
import { agentId } from '#domain/model/ids.ts'
import type { TopologySettings } from '#domain/model/topology-settings.ts'
import type { StepFault } from '#simulation/memory/memory-swarm-store.ts'
import { dataOf } from '../../helpers/event-data.ts'
import { anAgent, Cluster, eventsOf, type TestAgent, type TestNode } from '../domain/cluster.ts'
import { say, textsTo, toAgent } from './talk.ts'

const RING: TopologySettings = { kind: 'ring', direction: 'two_way' }
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g']

async function ring(topology: TopologySettings = RING) {
  const cluster = new Cluster()
  const node = await cluster.node()
  await node.service.swarm.update({ topology })
  const agents: TestAgent[] = []
  for (const name of NAMES) agents.push(await anAgent(name, node))
  await cluster.pass(0)
  const agent = (name: string): TestAgent => agents[NAMES.indexOf(name)]!
  return { cluster, node, agents, agent }
}

async function causes(node: TestNode): Promise<readonly unknown[]> {
  const events = await eventsOf(node)
  return events.filter(({ type }) => type === 'topology.changed').map((event) => dataOf(event, 'cause'))
}

describe('the topology of a swarm', () => {
  it('carries a message the shorter way round a ring, and the message says so', async () => {
    const { node, agent } = await ring()
    const onward = await say(agent('a'), node, toAgent('d'), 'x')
    const backward = await say(agent('a'), node, toAgent('e'), 'y')
    expect([onward.path, backward.path]).toEqual([
      ['a', 'b', 'c', 'd'],
      ['a', 'g', 'f', 'e'],
    ])
    const { cost } = await node.service.topology.view()
    expect(cost).toContainEqual({ topology: 'ring', traffic: 'direct', messages: 2, hops: 6 })
  })

  it('closes the ring as soon as a member is dead or has left, with an event for each', async () => {
    const { cluster, node, agent } = await ring()
    await agent('b').detach()
    await cluster.pass(1_100)
    await node.service.agents.deregister({ agentId: agent('c').id })
    await cluster.pass(0)
    expect((await say(agent('a'), node, toAgent('d'), 'x')).path).toEqual(['a', 'd'])
    expect((await causes(node)).slice(-2)).toEqual(['died', 'left'])
    await agent('b').attach()
    await cluster.pass(0)
    expect((await say(agent('g'), node, toAgent('b'), 'x')).path).toEqual(['g', 'b'])
    expect((await causes(node)).at(-1)).toBe('joined')
  })

  it('loses an agent whose removal was committed and not answered', async () => {
    const faults: (StepFault | undefined)[] = []
    const cluster = new Cluster({ faultFor: () => faults.shift() })
    const node = await cluster.node()
    await anAgent('a', node)
    const gone = await anAgent('b', node)
    await cluster.pass(0)
    // The second step of the removal.
    faults.push(undefined, { fail: 'after_commit' })
    await cluster.settle(node.service.agents.deregister({ agentId: gone.id }).catch(() => undefined))
    await cluster.pass(5_000)
    const { nodes } = await node.service.topology.view()
    expect(nodes.map(({ agentId }) => agentId)).toEqual(['a'])
  })

  it('counts no message that was refused, neither as traffic nor in the edges of a mesh', async () => {
    const { node, agent } = await ring({ kind: 'mesh' })
    node.sessions.slow.add(agent('b').session)
    await expect(say(agent('a'), node, toAgent('b'), 'x')).rejects.toMatchObject({ code: 'backpressure' })
    await agent('c').detach()
    await expect(say(agent('a'), node, toAgent('c'), 'x')).rejects.toMatchObject({
      code: 'recipient_unavailable',
    })
    expect(await node.service.topology.view()).toMatchObject({ cost: [], edges: [] })
    await say(agent('a'), node, toAgent('d'), 'x')
    expect(await node.service.topology.view()).toMatchObject({
      cost: [{ traffic: 'direct', messages: 1, hops: 1 }],
      edges: [{ from: 'a', to: 'd', strength: 1 }],
    })
  })

  it('keeps the elected leader as the root of a tree over a restart', async () => {
    const { cluster, node } = await ring({ kind: 'hierarchical', branching: 2 })
    await cluster.settle(
      node.service.consensus.startElection({ transferTo: agentId('d') }).catch(() => undefined),
    )
    await cluster.pass(5_000)
    const before = await node.service.topology.view()
    expect(before.leaderId).not.toBeNull()
    expect(before.levels[0]).toEqual([before.leaderId])
    node.die()
    const second = await cluster.node()
    const { leaderId, levels } = await cluster.settle(second.service.topology.view())
    expect({ leaderId, levels }).toEqual({ leaderId: before.leaderId, levels: before.levels })
  })

  it('keeps the place of an agent that is back within its grace period', async () => {
    const { cluster, node, agent } = await ring()
    const { version } = await node.service.topology.view()
    await agent('b').detach()
    await cluster.pass(500)
    await agent('b').attach()
    await cluster.pass(5_000)
    expect((await node.service.topology.view()).version).toBe(version)
  })

  it('is switched under way without losing a message, and paths change with the version', async () => {
    const { node, agent } = await ring()
    const texts = Array.from({ length: 40 }, (_, index) => `${index}`)
    const sent = texts.map((text) =>
      say(agent('a'), node, toAgent('d'), text, { isDurable: Number(text) % 2 === 0 }),
    )
    const switched = node.service.swarm.update({ topology: { kind: 'hierarchical', branching: 2 } })
    const after = switched.then(() => say(agent('e'), node, toAgent('d'), 'after'))
    await Promise.all([...sent, switched, after])
    expect(textsTo(agent('d')).filter((text) => text !== 'after')).toEqual(texts)
    expect((await after).path).toEqual(['e', 'b', 'd'])
    const view = await node.service.topology.view()
    expect(view).toMatchObject({ kind: 'hierarchical', levels: [['a'], ['b', 'c'], ['d', 'e', 'f', 'g']] })
    expect(view.reportingChains).toMatchObject({ d: ['b', 'a'] })
    expect((await causes(node)).at(-1)).toBe('switched')
  })

  it('is there again after a restart, with a version not used before', async () => {
    const { cluster, node } = await ring()
    const before = await node.service.topology.view()
    node.die()
    const second = await cluster.node()
    const after = await cluster.settle(second.service.topology.view())
    expect(after).toMatchObject({ kind: 'ring', levels: [NAMES] })
    expect(after.version).toBeGreaterThan(before.version)
    second.die()
    const third = await cluster.node()
    expect((await cluster.settle(third.service.topology.view())).version).toBeGreaterThan(after.version)
  })
})
