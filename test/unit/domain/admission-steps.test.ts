import { describe, expect, it } from 'vitest'
import type { Assignment } from '#domain/model/assignment.ts'
import type { ControlTarget } from '#domain/model/control-record.ts'
import type { SwarmEvent } from '#domain/model/events.ts'
import { SeededRandom } from '#simulation/seeded-random.ts'
import {
  anAgent,
  Cluster,
  eventsOf,
  LEASE_MS,
  newTask,
  submit,
  type TestAgent,
  type TestNode,
} from './cluster.ts'

const ACME: ControlTarget = { kind: 'key', name: 'acme' }

async function submitMany(node: TestNode, count: number, spec: Parameters<typeof newTask>[1]): Promise<void> {
  for (let done = 0; done < count; done += 100) {
    const size = Math.min(100, count - done)
    const tasks = Array.from({ length: size }, (_, index) =>
      newTask(`t-${String(done + index).padStart(4, '0')}`, spec),
    )
    await node.service.tasks.submit({ tasks })
  }
}

/** Another node, once it coordinates: a dead node's claim lapses after 2 s, and the others look every 500 ms. */
async function takeOver(cluster: Cluster): Promise<TestNode> {
  const node = await cluster.node()
  await cluster.pass(3_000)
  return node
}

const ENDS = /^task\.(?:completed|failed|canceled|rejected|released|retrying)$/

/** Most tasks that held a lease at once, by the event log. */
function heldAtOnceMax(events: readonly SwarmEvent[]): number {
  const held = new Set<string>()
  let most = 0
  for (const { type, subject } of events) {
    if (type === 'task.assigned') held.add(subject)
    else if (ENDS.test(type)) held.delete(subject)
    most = Math.max(most, held.size)
  }
  return most
}

function countOf(events: readonly SwarmEvent[], type: string): number {
  return events.filter((event) => event.type === type).length
}

/** Completes what an agent was given and has not completed yet. */
async function completeNew(agent: TestAgent, done: Set<Assignment>): Promise<void> {
  for (const assignment of agent.assignments) {
    if (done.has(assignment)) continue
    done.add(assignment)
    await agent.complete(assignment).catch(() => undefined)
  }
}

describe('a concurrency limit', () => {
  it.each([1, 2, 3])(
    'of 3 is never passed while agents and nodes die and the store does not answer, seed %i',
    async (seed) => {
      const random = new SeededRandom(seed)
      let isFaulty = false
      const cluster = new Cluster({
        faultFor: () => (isFaulty && random.next() < 0.05 ? { fail: 'after_commit' } : undefined),
      })
      let node = await cluster.node()
      await node.service.controls.set({ target: ACME, concurrencyMax: 3 })
      await submitMany(node, 100, { fairnessKey: 'acme', maxAttempts: 50 })
      let agents = await join(node)
      const done = new Set<Assignment>()
      isFaulty = true
      for (let turn = 1; turn < 400; turn += 1) {
        for (const agent of agents) if (random.next() < 0.4) await completeNew(agent, done)
        if (turn % 25 === 0) await agents[turn % 4]!.detach().catch(() => undefined)
        if (turn % 40 === 0) {
          isFaulty = false
          node.die()
          node = await takeOver(cluster)
          agents = await join(node)
          isFaulty = true
        }
        await cluster.pass(500)
        if (turn % 25 === 0) for (const agent of agents) await agent.attach().catch(() => undefined)
        if (countOf(await eventsOf(node), 'task.completed') === 100) break
      }
      const events = await eventsOf(node)
      expect(heldAtOnceMax(events)).toBe(3)
      expect(countOf(events, 'task.completed')).toBe(100)
    },
  )

  async function join(node: TestNode): Promise<readonly TestAgent[]> {
    const agents: TestAgent[] = []
    for (const name of ['ada', 'bob', 'cid', 'dee']) agents.push(await anAgent(name, node, { slots: 5 }))
    return agents
  }
})

describe('a rate limit', () => {
  it('of 10 a second starts 150 tasks in 15 s, and a takeover in the middle does not refill it', async () => {
    const cluster = new Cluster()
    let node = await cluster.node()
    const rate = { count: 10, windowMs: 1_000, burst: 5 }
    await node.service.controls.set({ target: { kind: 'type', name: 'review' }, rate })
    await submitMany(node, 150, { type: 'review' })
    const from = cluster.clock.now()
    let ada = await anAgent('ada', node, { slots: 160 })
    const done = new Set<Assignment>()
    for (let second = 0; second < 22; second += 1) {
      if (second === 5) {
        node.die()
        node = await takeOver(cluster)
        ada = await anAgent('ada', node, { slots: 160 })
      }
      await cluster.pass(1_000)
      await completeNew(ada, done)
    }
    const starts = (await eventsOf(node)).filter(({ type }) => type === 'task.assigned')
    expect(starts).toHaveLength(150)
    const tookMs = starts.at(-1)!.time - from
    expect(tookMs).toBeGreaterThanOrEqual(14_000)
    // Nothing starts for up to 3 s, and the burst comes at once after them.
    expect(tookMs).toBeLessThanOrEqual(18_500)
    // In no second more than the burst and what a second brings.
    for (const { time } of starts) {
      const inSecond = starts.filter((start) => start.time >= time && start.time < time + 1_000).length
      expect(inSecond).toBeLessThanOrEqual(15)
    }
  })
})

describe('a pause', () => {
  it('outlives a restart; what runs goes on, and a resume starts the rest at once', async () => {
    const cluster = new Cluster()
    const before = await cluster.node()
    const ada = await anAgent('ada', before, { slots: 2 })
    const first = await submit(before, 't1')
    await cluster.pass(0)
    await before.service.controls.pause({ target: { kind: 'swarm' }, reason: 'maintenance' })
    await submit(before, 't2')
    await cluster.pass(1_000)
    expect(ada.assignments.map(({ taskId }) => taskId)).toEqual([first])
    await ada.complete(ada.assignments[0]!)
    before.die()
    const after = await takeOver(cluster)
    const again = await anAgent('ada', after, { slots: 2 })
    await cluster.pass(1_000)
    expect(again.assignments).toEqual([])
    expect(await after.service.controls.list()).toMatchObject([{ pause: { reason: 'maintenance' } }])
    await after.service.controls.resume({ target: { kind: 'swarm' } })
    await cluster.pass(0)
    expect(again.assignments).toMatchObject([{ taskId: 't2' }])
    expect(await after.service.controls.list()).toEqual([])
    await expect(after.service.controls.resume({ target: { kind: 'swarm' } })).rejects.toMatchObject({
      code: 'control_not_found',
      details: { target: 'swarm' },
    })
  })
})

describe('a budget', () => {
  it('for 100 lets exactly 100 of 1 000 tasks run, and a top-up of 10 runs 10 more', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    await node.service.budgets.set({ target: 'key:acme', limit: { tokens: 100 } })
    await submitMany(node, 1_000, { fairnessKey: 'acme', cost: { tokens: 1 } })
    const ada = await anAgent('ada', node, { slots: 1_000 })
    const done = new Set<Assignment>()
    await cluster.pass(1_000)
    expect(ada.assignments).toHaveLength(100)
    await completeNew(ada, done)
    await cluster.pass(1_000)
    expect(ada.assignments).toHaveLength(100)
    await node.service.budgets.topUp({ target: 'key:acme', amounts: { tokens: 10 } })
    await cluster.pass(1_000)
    await completeNew(ada, done)
    await cluster.pass(1_000)
    expect(countOf(await eventsOf(node), 'task.completed')).toBe(110)
    expect(await node.service.budgets.list()).toMatchObject([
      { limit: { tokens: 110 }, used: { tokens: 110 }, reserved: { tokens: 0 } },
    ])
  })

  it('counts what the agent says that it used, and gives the rest back', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    await node.service.budgets.set({ target: 'swarm', limit: { tokens: 100 } })
    await submitMany(node, 3, { cost: { tokens: 60 } })
    const ada = await anAgent('ada', node, { slots: 10 })
    await cluster.pass(0)
    const [first] = ada.assignments
    expect(ada.assignments).toHaveLength(1)
    const { service } = node
    await service.tasks.complete({ ...ada.report(first!), result: '1' as never, usage: { tokens: 25 } })
    await cluster.pass(0)
    expect(ada.assignments).toHaveLength(2)
    await service.tasks.fail({
      ...ada.report(ada.assignments[1]!),
      kind: 'fail',
      failure: { code: 'x', message: 'x' },
      usage: { tokens: 50 },
    })
    await cluster.pass(0)
    expect(ada.assignments).toHaveLength(2)
    expect(await service.budgets.list()).toMatchObject([{ used: { tokens: 75 }, reserved: { tokens: 0 } }])
  })

  it('is settled rightly after a crash, also where the store did not say whether a step was written', async () => {
    let isFaulty = false
    const cluster = new Cluster({ faultFor: () => (isFaulty ? { fail: 'after_commit' } : undefined) })
    const before = await cluster.node()
    await before.service.budgets.set({ target: 'swarm', limit: { tokens: 100 } })
    const ada = await anAgent('ada', before, { slots: 10 })
    await submitMany(before, 2, { cost: { tokens: 10 }, maxAttempts: 1 })
    await cluster.pass(0)
    await ada.accept(ada.assignments[0]!)
    isFaulty = true
    await ada.complete(ada.assignments[1]!).catch(() => undefined)
    isFaulty = false
    before.die()
    const after = await takeOver(cluster)
    expect(await after.service.budgets.list()).toMatchObject([
      { used: { tokens: 10 }, reserved: { tokens: 10 } },
    ])
    await cluster.pass(LEASE_MS + 2_000)
    expect(await after.service.budgets.list()).toMatchObject([
      { used: { tokens: 20 }, reserved: { tokens: 0 } },
    ])
  })

  it('charges nothing for an assignment that no agent received', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    await node.service.budgets.set({ target: 'swarm', limit: { tokens: 10 } })
    const ada = await anAgent('ada', node)
    await submitMany(node, 1, { cost: { tokens: 10 } })
    await cluster.pass(0)
    expect(ada.assignments).toHaveLength(1)
    await ada.detach('agent')
    await cluster.pass(2_000)
    expect(await node.service.budgets.list()).toMatchObject([{ used: {}, reserved: { tokens: 0 } }])
    const bob = await anAgent('bob', node)
    await cluster.pass(0)
    expect(bob.assignments).toHaveLength(1)
  })

  it('of a tree counts the tasks below its root', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    await node.service.budgets.set({ target: 'task:root', limit: { money: 2 } })
    const root = await submit(node, 'root', { capabilities: ['nobody'] })
    const child = await submit(node, 'child', { parentTaskId: root, cost: { money: 2 } })
    await submit(node, 'grandchild', { parentTaskId: child, cost: { money: 1 } })
    await submit(node, 'other', { cost: { money: 5 } })
    const ada = await anAgent('ada', node, { slots: 10 })
    await cluster.pass(0)
    expect(ada.assignments.map(({ taskId }) => taskId).toSorted()).toEqual(['child', 'other'])
  })
})
