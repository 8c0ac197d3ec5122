import { describe, expect, it } from 'vitest'
import type { AgentSpec } from '#domain/model/agent-record.ts'
import type { Assignment } from '#domain/model/assignment.ts'
import { agentId, taskId } from '#domain/model/ids.ts'
import type { TaskSpec } from '#domain/model/task-record.ts'
import { anAgent, Cluster, eventsOf, LEASE_MS, submit, TestAgent, type TestNode } from '../domain/cluster.ts'

const TREE = { kind: 'hierarchical', branching: 2 } as const
const AT_ONCE = { backoff: { baseMs: 1, factor: 1, maxMs: 1 } }
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j']

function skilled(...names: readonly string[]): Partial<AgentSpec> {
  return { capabilities: ['review', ...names].map((name) => ({ name, proficiency: 1, cost: 1 })) }
}

/** a over b and c; b over d and e, c over f and g; d over h and i, e over j. Some can do more than the others. */
async function aTree(more: Readonly<Record<string, string>> = {}) {
  const cluster = new Cluster()
  const node = await cluster.node()
  await node.service.swarm.update({ topology: TREE })
  const agents = new Map<string, TestAgent>()
  for (const name of NAMES) agents.set(name, await anAgent(name, node, skilled(more[name] ?? 'idle')))
  await lead(cluster, node, 'a')
  const agent = (name: string): TestAgent => agents.get(name)!
  return { cluster, node, agents, agent }
}

/** Whoever is elected first is the root, in place of the one that stood there: handing over puts both back. */
async function lead(cluster: Cluster, node: TestNode, name: string): Promise<void> {
  await cluster.pass(800)
  await node.service.consensus.startElection({ transferTo: agentId(name) })
  await cluster.pass(100)
}

async function give(
  cluster: Cluster,
  node: TestNode,
  id: string,
  spec: Partial<TaskSpec> = {},
): Promise<void> {
  await submit(node, id, { ...AT_ONCE, ...spec })
  await cluster.pass(0)
}

/** Empty where nobody holds it. */
async function holderOf(node: TestNode, id: string): Promise<string> {
  return (await node.swarm.reader.task(taskId(id))).lease?.agentId ?? ''
}

function assignmentOf(agent: TestAgent, id: string): Assignment {
  const found = agent.assignments.findLast((assignment) => assignment.taskId === id)
  if (found === undefined) throw new Error(`${agent.id} was never given ${id}`)
  return found
}

async function escalations(node: TestNode): Promise<readonly unknown[]> {
  return (await eventsOf(node)).filter(({ type }) => type === 'task.escalated').map(({ data }) => data)
}

describe('a task in a hierarchical swarm', () => {
  it('goes down from the root, and its decision says by whom', async () => {
    const { cluster, node } = await aTree({ i: 'weld' })
    await give(cluster, node, 't', { capabilities: ['weld'] })
    expect(await node.swarm.reader.decision(taskId('t'))).toMatchObject({
      agentId: 'i',
      delegationPath: ['a', 'b', 'd', 'i'],
      reason: 'delegated by the root a, down by the least loaded branches to the leaf i',
    })
  })

  it('goes its way without the tree again after a switch', async () => {
    const { cluster, node, agent } = await aTree({ i: 'weld', g: 'weld' })
    await node.service.swarm.update({ topology: { kind: 'mesh' } })
    await give(cluster, node, 't', { capabilities: ['weld'] })
    const decision = await node.swarm.reader.decision(taskId('t'))
    expect(decision.delegationPath).toBeUndefined()
    await agent(decision.agentId).fail(assignmentOf(agent(decision.agentId), 't'))
    expect(await escalations(node)).toEqual([])
    expect(await node.swarm.reader.task(taskId('t'))).not.toHaveProperty('delegators')
  })
})

describe('a failure', () => {
  it('goes to the others below the manager, to the manager, and then up, and each time says so', async () => {
    const { cluster, node, agent } = await aTree({ b: 'weld', f: 'weld', h: 'weld', i: 'weld', d: 'weld' })
    await node.service.agents.patch({ agentId: agentId('f'), spec: {}, isDraining: true })
    await give(cluster, node, 't', { capabilities: ['weld'], maxAttempts: 10 })
    await node.service.agents.patch({ agentId: agentId('f'), spec: {}, isDraining: false })
    await agent('f').heartbeat()
    const tried: string[] = []
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      const holder = await holderOf(node, 't')
      tried.push(holder)
      await agent(holder).fail(assignmentOf(agent(holder), 't'))
      await cluster.pass(1)
    }
    expect(tried.slice(0, 2).toSorted()).toEqual(['h', 'i'])
    expect(tried.slice(2)).toEqual(['d', 'b', 'f'])
    expect(await escalations(node)).toMatchObject([
      { agentId: tried[0], attempt: 1, reportingChain: ['d', 'b', 'a'] },
      { agentId: tried[1], attempt: 2, reportingChain: ['d', 'b', 'a'] },
      { agentId: 'd', attempt: 3, reportingChain: ['b', 'a'] },
      { agentId: 'b', attempt: 4, reportingChain: ['a'] },
      { agentId: 'f', attempt: 5, reportingChain: ['c', 'a'] },
    ])
    const types = (await eventsOf(node)).map(({ type }) => type)
    expect(types[types.indexOf('task.retrying') + 1]).toBe('task.escalated')
  })

  it('of an inner member that is killed goes to its manager, while its reports get another', async () => {
    const { cluster, node, agent } = await aTree({ d: 'weld', e: 'weld', f: 'weld' })
    for (const id of ['t1', 't2', 't3']) await give(cluster, node, id, { capabilities: ['weld'] })
    const lost = (await Promise.all(['t1', 't2', 't3'].map((id) => holderOf(node, id)))).indexOf('d') + 1
    for (const name of ['e', 'f']) await agent(name).complete(agent(name).assignments[0]!)
    await agent('d').accept(agent('d').assignments[0]!)
    await agent('d').detach()
    await cluster.pass(1_100)
    const { reportingChains } = await node.service.topology.view()
    expect(reportingChains).toMatchObject({ j: ['b', 'a'], h: ['j', 'b', 'a'], i: ['j', 'b', 'a'] })
    expect(await escalations(node)).toMatchObject([{ agentId: 'd', attempt: 1, reportingChain: ['b', 'a'] }])
    expect(await node.swarm.reader.decision(taskId(`t${lost}`))).toMatchObject({
      agentId: 'e',
      attempt: 2,
      delegationPath: ['a', 'b', 'e'],
      reason: 'escalated to b after d failed at it, down by the least loaded branches to the leaf e',
    })
  })

  it('of an agent that is no longer in the tree goes to those who were above it', async () => {
    const { cluster, node, agents } = await aTree({ i: 'weld' })
    const live = async (ms: number): Promise<void> => {
      await cluster.pass(ms)
      for (const agent of agents.values()) if (agent.id !== 'i') await agent.heartbeat()
    }
    await live(4_000)
    await give(cluster, node, 't', { capabilities: ['weld'] })
    // Said over HTTP, which is no sign of life of the channel.
    const { sessionId: _, ...received } = agents.get('i')!.report(agents.get('i')!.assignments[0]!)
    await node.service.tasks.accept(received)
    await live(4_000)
    await live(3_000)
    // It was last heard before it was given the task, so that the lease outlives its place in the tree.
    expect((await node.service.topology.view()).reportingChains).not.toHaveProperty('i')
    expect(await escalations(node)).toEqual([])
    await live(LEASE_MS - 7_000)
    expect(await escalations(node)).toMatchObject([{ agentId: 'i', reportingChain: ['d', 'b', 'a'] }])
  })
})

describe('a manager that splits its task', () => {
  it('has the parts done below it, and by others only once its own are busy', async () => {
    const { cluster, node } = await aTree({ b: 'lead' })
    await give(cluster, node, 'whole', { capabilities: ['lead'] })
    expect(await holderOf(node, 'whole')).toBe('b')
    const holders: string[] = []
    for (let part = 1; part <= 6; part += 1) {
      await give(cluster, node, `part-${part}`, { parentTaskId: taskId('whole') })
      holders.push(await holderOf(node, `part-${part}`))
    }
    expect(holders.slice(0, 5).toSorted()).toEqual(['d', 'e', 'h', 'i', 'j'])
    expect(['f', 'g']).toContain(holders[5])
    expect((await node.swarm.reader.decision(taskId('part-1'))).reason).toContain(
      'delegated by b, which holds its parent',
    )
    expect((await node.swarm.reader.decision(taskId('part-6'))).reason).toContain(
      'passed up to a since nobody nearer can take it now',
    )
  })

  it('is remembered over a restart', async () => {
    const { cluster, node } = await aTree({ c: 'lead' })
    await give(cluster, node, 'whole', { capabilities: ['lead'] })
    const parts = ['part-1', 'part-2']
    for (const part of parts)
      await give(cluster, node, part, { parentTaskId: taskId('whole'), delayMs: 5_000 })
    node.die()
    const after = await cluster.node()
    await cluster.pass(3_000)
    for (const name of NAMES) await new TestAgent(name, after).attach()
    await cluster.pass(3_000)
    const holders = await Promise.all(parts.map((part) => holderOf(after, part)))
    expect(holders.toSorted()).toEqual(['f', 'g'])
  })
})
