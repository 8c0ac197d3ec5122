import { describe, expect, it } from 'vitest'
import { taskId } from '#domain/model/ids.ts'
import { type StrategyRequest, strategySettings } from '#domain/model/strategy-settings.ts'
import { anAgent, Cluster, httpAgent, submit, type TestAgent, type TestNode } from './cluster.ts'

const KINDS = [
  'least_loaded',
  'random',
  'round_robin',
  'shortest_queue',
  'power_of_two',
  'join_idle_queue',
  'expected_delay',
  'work_stealing',
  'auction',
] as const

/** Agents of these tests do not bid. */
function settingsOf(kind: (typeof KINDS)[number]): StrategyRequest {
  return kind === 'auction' ? { kind, bids: 'estimated' } : { kind }
}

async function swarmWith(strategy: StrategyRequest): Promise<{ cluster: Cluster; node: TestNode }> {
  const cluster = new Cluster()
  const node = await cluster.node()
  await use(node, strategy)
  return { cluster, node }
}

async function use(node: TestNode, strategy: StrategyRequest): Promise<void> {
  await node.service.swarm.update({ strategy: strategySettings(strategy) })
}

/** Lets agents complete what they hold, one task after the other. @returns who did each task */
async function work(cluster: Cluster, agents: readonly TestAgent[]): Promise<ReadonlyMap<string, string>> {
  const done = new Map<string, string>()
  for (let turn = 0; turn < 100; turn += 1) {
    await cluster.pass(10)
    const open = agents.flatMap((agent) =>
      agent.assignments.flatMap((held) => (done.has(held.taskId) ? [] : [{ agent, held }])),
    )
    if (open.length === 0) break
    for (const { agent, held } of open) {
      done.set(held.taskId, agent.id)
      await agent.complete(held)
    }
  }
  return done
}

describe('every strategy', () => {
  it.each(KINDS)('%s gives every task to one capable agent, and says why', async (kind) => {
    const { cluster, node } = await swarmWith(settingsOf(kind))
    const agents = [await anAgent('ada', node), await anAgent('bob', node, { slots: 2 })]
    await anAgent('eve', node, { capabilities: [] })
    for (let index = 0; index < 12; index += 1) await submit(node, `t${index}`)
    const done = await work(cluster, agents)
    expect(done.size).toBe(12)
    const placement = await node.swarm.reader.decision(taskId('t7'))
    expect(placement).toMatchObject({ strategy: kind, agentId: done.get('t7') })
    expect(placement?.reason).not.toBe('')
    expect(placement?.candidates.length).toBeGreaterThan(0)
  })

  it.each(KINDS)('%s gives what waited for an agent that left to another', async (kind) => {
    const { cluster, node } = await swarmWith(settingsOf(kind))
    const ada = await anAgent('ada', node)
    for (let index = 0; index < 4; index += 1) await submit(node, `t${index}`)
    await cluster.pass(10)
    expect(ada.assignments).toHaveLength(1)
    const bob = await anAgent('bob', node)
    await node.service.agents.patch({ agentId: ada.id, spec: {}, isDraining: true })
    const done = await work(cluster, [bob])
    expect([...done.keys()].toSorted()).toEqual(['t1', 't2', 't3'])
  })

  it.each(KINDS)('%s keeps a task that nobody can do until somebody can', async (kind) => {
    const { cluster, node } = await swarmWith(settingsOf(kind))
    await submit(node, 't1')
    await cluster.pass(10)
    const bob = await anAgent('bob', node, { capabilities: [] })
    await cluster.pass(10)
    expect(bob.assignments).toEqual([])
    const capabilities = [{ name: 'review', proficiency: 1, cost: 1 }]
    await node.service.agents.patch({ agentId: bob.id, spec: { capabilities } })
    await cluster.pass(10)
    expect(bob.assignments.map(({ taskId }) => taskId)).toEqual(['t1'])
  })

  it.each(KINDS)('%s serves an agent that asks over HTTP', async (kind) => {
    const { cluster, node } = await swarmWith(settingsOf(kind))
    const ada = await httpAgent('ada', node)
    for (let index = 0; index < 2; index += 1) await submit(node, `t${index}`)
    const [first] = await cluster.settle(ada.claim(1, 0))
    expect(first?.taskId).toBe('t0')
  })
})

describe('a strategy that is changed', () => {
  it('hands all that waits to the next one', async () => {
    const { cluster, node } = await swarmWith({ kind: 'round_robin' })
    const ada = await anAgent('ada', node)
    for (let index = 0; index < 6; index += 1) await submit(node, `t${index}`)
    await cluster.pass(10)
    const bob = await anAgent('bob', node)
    await cluster.pass(10)
    // All were placed while ada was alone.
    expect(bob.assignments).toEqual([])
    await use(node, { kind: 'work_stealing' })
    await submit(node, 't6')
    const done = await work(cluster, [ada, bob])
    expect(done.size).toBe(7)
    expect([...done.values()].filter((agent) => agent === 'bob').length).toBeGreaterThanOrEqual(3)
  })
})

describe('work stealing', () => {
  it('lets idle agents take from the tail, once more for each that gets idle', async () => {
    const { cluster, node } = await swarmWith({ kind: 'work_stealing' })
    const ada = await anAgent('ada', node)
    for (let index = 0; index < 6; index += 1) await submit(node, `t${index}`)
    await cluster.pass(10)
    const bob = await anAgent('bob', node)
    await cluster.pass(10)
    expect(bob.assignments.map(({ taskId }) => taskId)).toEqual(['t5'])
    expect(await node.swarm.reader.decision(taskId('t5'))).toMatchObject({
      reason: 'stolen from the tail of the queue of ada, where 5 tasks waited',
    })
    await ada.complete(ada.assignments[0]!)
    await cluster.pass(10)
    expect(ada.assignments.map(({ taskId }) => taskId)).toEqual(['t0', 't1'])
  })

  it('takes the last of the most urgent tasks first', async () => {
    const { cluster, node } = await swarmWith({ kind: 'work_stealing' })
    await anAgent('ada', node)
    await submit(node, 'running')
    await submit(node, 'urgent-1', { priority: 1 })
    await submit(node, 'urgent-2', { priority: 1 })
    await submit(node, 'late', { priority: 5 })
    await cluster.pass(10)
    const bob = await anAgent('bob', node, { slots: 3 })
    await cluster.pass(10)
    expect(bob.assignments.map(({ taskId }) => taskId)).toEqual(['urgent-2', 'urgent-1', 'late'])
  })

  it('steals nothing that is shorter than the cost of moving it', async () => {
    const { cluster, node } = await swarmWith({ kind: 'work_stealing', stealCostMs: 60 })
    const ada = await anAgent('ada', node)
    for (let index = 0; index < 6; index += 1) await submit(node, `t${index}`)
    const bob = await anAgent('bob', node)
    for (let index = 0; index < 5; index += 1) {
      await cluster.pass(50)
      await ada.complete(ada.assignments.at(-1)!)
    }
    expect(bob.assignments).toEqual([])
  })

  it('learns from a task that runs on that others are worth it', async () => {
    const { cluster, node } = await swarmWith({ kind: 'work_stealing', stealCostMs: 60 })
    await anAgent('ada', node)
    for (let index = 0; index < 3; index += 1) await submit(node, `t${index}`)
    const bob = await anAgent('bob', node)
    await cluster.pass(50)
    expect(bob.assignments).toEqual([])
    await cluster.pass(50)
    expect(bob.assignments.map(({ taskId }) => taskId)).toEqual(['t2'])
  })

  it('keeps tasks with an affinity key together while moving them would cost more', async () => {
    const { cluster, node } = await swarmWith({ kind: 'work_stealing', affinityCostMs: 3_600_000 })
    const agents = []
    for (const name of ['ada', 'bob', 'eve']) agents.push(await anAgent(name, node))
    for (let index = 0; index < 6; index += 1) await submit(node, `t${index}`, { affinityKey: 'model-7' })
    const done = await work(cluster, agents)
    expect(done.size).toBe(6)
    expect(new Set(done.values()).size).toBe(1)
  })
})
