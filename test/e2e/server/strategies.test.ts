import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { AssignmentPlanRequest } from '#contract/index.ts'
import { SwarmAgent, SwarmClient } from '#sdk/index.ts'
import { SeededRandom } from '#simulation/seeded-random.ts'
import { eventually } from '../../helpers/eventually.ts'
import { startTestNode, type TestNode } from '../../helpers/test-node.ts'

let node: TestNode
let client: SwarmClient
const agents: SwarmAgent[] = []

beforeAll(async () => {
  node = await startTestNode()
  client = new SwarmClient({ url: node.url })
})
afterEach(async () => {
  await Promise.all(agents.splice(0).map((agent) => agent.close()))
})
afterAll(() => node.close())

/** An agent that works for as many milliseconds as the payload says. */
async function worker(agentId: string): Promise<SwarmAgent> {
  const agent = new SwarmAgent({ url: node.url, agentId, capabilities: ['work'] })
  agents.push(agent)
  agent.handle('work', async ({ payload }) => {
    await new Promise((resolve) => {
      setTimeout(resolve, Number(payload))
    })
    return agentId
  })
  await agent.start()
  return agent
}

describe('the plan of assignments', () => {
  const random = new SeededRandom(4)
  const costs = Array.from({ length: 60 }, () => Array.from({ length: 60 }, () => random.integer(100)))

  it('is an optimum that the order of rows and columns does not change', async () => {
    const plan = await client.planAssignments({ costs })
    const turned = costs.toReversed().map((row) => row.toReversed())
    const again = await client.planAssignments({ costs: turned })
    expect(plan).toMatchObject({ isComplete: true, isExact: true, unassigned: [] })
    expect(again.cost).toBe(plan.cost)
    const sum = plan.pairs.reduce((total, { row, column }) => total + costs[row]![column]!, 0)
    expect(sum).toBe(plan.cost)
  })

  it('takes a sparse matrix, and names tasks that no agent can have', async () => {
    const list = [
      [0, 0, 5],
      [1, 0, 1],
    ]
    const plan = await client.planAssignments({ arcs: { rowCount: 3, columnCount: 2, list } })
    expect(plan).toMatchObject({
      cost: 1,
      pairs: [{ row: 1, column: 0 }],
      unassigned: [0, 2],
      isComplete: false,
    })
  })

  it('estimates the costs of tasks for the agents of the swarm', async () => {
    await worker('ada')
    await worker('bob')
    const task = { type: 'work', capabilities: ['work'], resources: {} }
    const plan = await client.planAssignments({ tasks: [task, { ...task, capabilities: ['fly'] }, task] })
    expect(new Set(plan.pairs.map(({ agentId }) => agentId))).toEqual(new Set(['ada', 'bob']))
    expect(plan.unassigned).toEqual([1])
    expect((await client.listTasks()).tasks).toEqual([])
  })

  it('takes bodies over a megabyte', async () => {
    const list = Array.from({ length: 90_000 }, (_, index) => [
      Math.floor(index / 300),
      index % 300,
      index % 97,
    ])
    const plan = await client.planAssignments({ arcs: { rowCount: 300, columnCount: 300, list } })
    expect(plan).toMatchObject({ isComplete: true, isExact: true })
  })

  it.each<[string, AssignmentPlanRequest]>([
    ['no form', {}],
    ['two forms', { costs: [[1]], tasks: [] }],
    ['rows of different lengths', { costs: [[1, 2], [1]] }],
    ['an arc outside', { arcs: { rowCount: 1, columnCount: 1, list: [[0, 1, 3]] } }],
    ['a fraction as a row', { arcs: { rowCount: 1, columnCount: 1, list: [[0.5, 0, 3]] } }],
    ['agents without tasks', { costs: [[1]], agentIds: ['ada'] }],
    ['a huge cost', { costs: [[1e300]] }],
  ])('refuses %s', async (_, request) => {
    await expect(client.planAssignments(request)).rejects.toMatchObject({ code: 'validation_failed' })
  })

  it('refuses an agent that does not exist', async () => {
    const request = { tasks: [{ type: 'work', capabilities: [], resources: {} }], agentIds: ['nobody'] }
    await expect(client.planAssignments(request)).rejects.toMatchObject({ code: 'agent_not_found' })
  })
})

describe('work stealing', () => {
  it('spreads what was given to one agent over nine idle ones', async () => {
    const swarm = new SwarmClient({ url: node.url, swarmId: 'stealing' })
    await client.createSwarm({ swarmId: 'stealing', strategy: { kind: 'work_stealing' } })
    expect((await swarm.getSwarm()).strategy).toEqual({
      kind: 'work_stealing',
      placement: 'expected_delay',
      stealCostMs: 0,
      affinityCostMs: 0,
    })
    const start = async (agentId: string): Promise<void> => {
      const agent = new SwarmAgent({ url: node.url, swarmId: 'stealing', agentId, capabilities: ['work'] })
      agents.push(agent)
      agent.handle('work', async ({ payload }) => {
        await new Promise((resolve) => {
          setTimeout(resolve, Number(payload))
        })
        return agentId
      })
      await agent.start()
    }
    for (let index = 0; index < 10; index += 1) await start(`agent-${index}`)
    const task = { type: 'work', capabilities: ['work'], payload: 200, affinityKey: 'all-to-one' }
    await swarm.submitBatch(Array.from({ length: 50 }, () => task))
    await eventually(async () => {
      return (await swarm.listTasks({ status: 'completed', pageSize: 100 })).tasks.length === 50
    })
    const { tasks } = await swarm.listTasks({ pageSize: 100 })
    const times = tasks.map(({ assignedAt = '', finishedAt = '' }) => ({
      begin: Date.parse(assignedAt),
      end: Date.parse(finishedAt),
    }))
    const busyMs = times.reduce((sum, { begin, end }) => sum + end - begin, 0)
    const spanMs = Math.max(...times.map(({ end }) => end)) - Math.min(...times.map(({ begin }) => begin))
    // One agent alone would be busy all of the time, and the other nine idle.
    expect(busyMs / spanMs).toBeGreaterThan(6)
    const share = new Map<string, number>()
    for (const { attempts } of tasks)
      for (const { agentId } of attempts) share.set(agentId, (share.get(agentId) ?? 0) + 1)
    expect(share.size).toBe(10)
    const reasons = await Promise.all(tasks.map(({ taskId }) => swarm.getTaskDecision(taskId)))
    expect(reasons.filter(({ reason }) => reason.startsWith('stolen')).length).toBeGreaterThan(30)
  })
})

describe('auctions', () => {
  it('ask agents for bids over their channels, and give each task to the lowest', async () => {
    const swarmId = 'auctions'
    const swarm = new SwarmClient({ url: node.url, swarmId })
    // The window is far longer than the test: every auction ends because all have answered.
    await client.createSwarm({ swarmId, strategy: { kind: 'auction', bidWindowMs: 60_000 } })
    const asked = new Map<string, number>()
    for (let index = 0; index < 6; index += 1) {
      const agent = new SwarmAgent({
        url: node.url,
        swarmId,
        agentId: `agent-${index}`,
        capabilities: ['work'],
        slots: 20,
        // One has no handler: the hub bids for it, and it answers all the same.
        ...(index === 5
          ? {}
          : {
              onBid: ({ taskId }) => {
                asked.set(taskId, (asked.get(taskId) ?? 0) + 1)
                return { price: 0.001 * (index + 1), promiseMs: 5_000 }
              },
            }),
      })
      agents.push(agent)
      agent.handle('work', async () => index)
      await agent.start()
    }
    const { tasks } = await swarm.submitBatch(
      Array.from({ length: 20 }, () => ({ type: 'work', capabilities: ['work'] })),
    )
    await eventually(async () => {
      return (await swarm.listTasks({ status: 'completed', pageSize: 100 })).tasks.length === 20
    })
    const placements = await Promise.all(tasks.map(({ taskId }) => swarm.getTaskDecision(taskId)))
    for (const { price, secondPrice, agentId } of placements) {
      expect([price, secondPrice, agentId]).toEqual([0.001, 0.002, 'agent-0'])
    }
    expect([...asked.values()].every((count) => count === 5)).toBe(true)
  })
})
