import { describe, expect, it } from 'vitest'
import type { Assignment } from '#domain/model/assignment.ts'
import {
  anAgent,
  Cluster,
  eventTypes,
  httpAgent,
  LEASE_MS,
  submit,
  type TestAgent,
  type TestNode,
} from './cluster.ts'

const GRACE_MS = 1_000

async function lostWith(prove: (ada: TestAgent, assignment: Assignment, node: TestNode) => Promise<unknown>) {
  const cluster = new Cluster()
  const node = await cluster.node()
  const ada = await anAgent('ada', node)
  const id = await submit(node, 't1', { maxAttempts: 1 })
  await cluster.pass(0)
  await prove(ada, ada.assignments[0]!, node)
  await cluster.pass(0)
  await ada.detach('agent')
  await cluster.pass(GRACE_MS)
  return { cluster, node, ada, task: await node.swarm.reader.task(id) }
}

describe('an attempt', () => {
  it('costs nothing where the connection broke before the agent said that it received the task', async () => {
    const { cluster, node, ada, task } = await lostWith(async () => undefined)
    expect(task).toMatchObject({
      phase: 'queued',
      attempt: 0,
      undeliveredCount: 1,
      attempts: [{ outcome: 'undelivered', attempt: 1 }],
    })
    await ada.attach()
    await cluster.pass(0)
    expect(ada.assignments).toMatchObject([{ taskId: 't1', attempt: 1 }])
    await ada.complete(ada.assignments[0]!)
    expect(await node.swarm.reader.task(task.taskId)).toMatchObject({ status: 'completed' })
  })

  it('costs nothing where the agent is back at once and never heard of the task', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    const id = await submit(node, 't1', { maxAttempts: 1 })
    await cluster.pass(0)
    await ada.detach('agent')
    await cluster.pass(300)
    await ada.attach([])
    await cluster.pass(0)
    expect(ada.assignments).toMatchObject([{ taskId: id, attempt: 1 }])
  })

  it.each([
    ['accepted it', (ada, held) => ada.accept(held)],
    [
      'reported progress',
      (ada, held, node) => node.service.tasks.progress({ ...ada.report(held), ratio: 0.1 }),
    ],
    ['named it in a heartbeat', (ada, held) => ada.heartbeat([held])],
    ['named it when it attached', (ada, held) => ada.attach([held])],
  ] as const satisfies readonly [string, Parameters<typeof lostWith>[0]][])(
    'is charged once the agent %s',
    async (_, prove) => {
      const { task } = await lostWith(prove)
      expect(task).toMatchObject({ phase: 'dead_letter', failure: { code: 'agent_lost' } })
    },
  )

  it('is charged by what an earlier coordinating node heard', async () => {
    const cluster = new Cluster()
    const first = await cluster.node()
    const ada = await anAgent('ada', first)
    const id = await submit(first, 't1', { maxAttempts: 1 })
    await cluster.pass(0)
    await ada.heartbeat(ada.assignments)
    await cluster.pass(0)
    first.die()
    const second = await cluster.node()
    await cluster.pass(LEASE_MS + 5_000)
    expect(await second.swarm.reader.task(id)).toMatchObject({ phase: 'dead_letter' })
  })

  it('is free ten times; then the task is no longer passed round', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    const id = await submit(node, 't1', { maxAttempts: 1 })
    for (let round = 0; round <= 10; round += 1) {
      await cluster.pass(0)
      expect(await node.swarm.reader.task(id)).toMatchObject({ phase: 'assigned', attempt: 1 })
      await ada.attach([])
    }
    await cluster.pass(0)
    expect(await node.swarm.reader.task(id)).toMatchObject({
      phase: 'dead_letter',
      failure: { code: 'undelivered' },
    })
  })
})

describe('a claim whose connection closed', () => {
  const request = (id: TestAgent['id'], waitMs: number) => ({
    agentId: id,
    claimId: 'c1',
    countMax: 1,
    waitMs,
  })

  it('takes nothing that comes afterwards', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const bob = await httpAgent('bob', node)
    const claim = node.service.agents.claim(request(bob.id, 30_000))
    await cluster.pass(0)
    await node.service.agents.settleClaim({ agentId: bob.id, claimId: 'c1', isDelivered: false, held: [] })
    expect(await cluster.settle(claim)).toEqual([])
    const id = await submit(node, 't1', { maxAttempts: 1 })
    await cluster.pass(0)
    expect(await node.swarm.reader.task(id)).toMatchObject({ phase: 'queued', attempt: 0 })
  })

  it('gives back what its answer carried, uncharged', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const bob = await httpAgent('bob', node)
    const id = await submit(node, 't1', { maxAttempts: 1 })
    const held = await cluster.settle(node.service.agents.claim(request(bob.id, 0)))
    await node.service.agents.settleClaim({ agentId: bob.id, claimId: 'c1', isDelivered: false, held })
    await cluster.pass(0)
    expect(await node.swarm.reader.task(id)).toMatchObject({ phase: 'queued', undeliveredCount: 1 })
    expect(await cluster.settle(bob.claim(1, 0))).toMatchObject([{ taskId: id, attempt: 1 }])
  })

  it('costs an attempt only where the answer was delivered', async () => {
    for (const isDelivered of [true, undefined]) {
      const cluster = new Cluster()
      const node = await cluster.node()
      const bob = await httpAgent('bob', node)
      const id = await submit(node, 't1', { maxAttempts: 1 })
      const held = await cluster.settle(node.service.agents.claim(request(bob.id, 0)))
      if (isDelivered === true)
        await node.service.agents.settleClaim({ agentId: bob.id, claimId: 'c1', isDelivered, held })
      await cluster.pass(LEASE_MS)
      const phase = isDelivered === true ? 'dead_letter' : 'queued'
      expect(await node.swarm.reader.task(id)).toMatchObject({ phase })
    }
  })

  it('is over on the node that asks in turns for it, and at the coordinating node', async () => {
    const cluster = new Cluster()
    const first = await cluster.node({ isAlone: false })
    const second = await cluster.node({ isAlone: false })
    const bob = await httpAgent('bob', first)
    const claim = second.service.agents.claim(request(bob.id, 30_000))
    await cluster.pass(2_500)
    await cluster.settle(
      second.service.agents.settleClaim({ agentId: bob.id, claimId: 'c1', isDelivered: false, held: [] }),
    )
    expect(await cluster.settle(claim)).toEqual([])
    const id = await submit(first, 't1', { maxAttempts: 1 })
    await cluster.pass(5_000)
    expect(await first.swarm.reader.task(id)).toMatchObject({ phase: 'queued' })
  })

  it('is answered with the same tasks when it is asked again, since its answer was lost between nodes', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const bob = await httpAgent('bob', node, 2)
    await submit(node, 't1')
    await submit(node, 't2')
    const once = await cluster.settle(node.service.agents.claim(request(bob.id, 0)))
    expect(await cluster.settle(node.service.agents.claim(request(bob.id, 0)))).toEqual(once)
  })
})

describe('an assignment that did not reach the node of the agent', () => {
  it('costs nothing, goes to another agent at once, and the agent attaches anew', async () => {
    const cluster = new Cluster()
    const first = await cluster.node({ isAlone: false })
    const second = await cluster.node({ isAlone: false })
    const ada = await cluster.settle(anAgent('ada', second))
    cluster.network.deafen(second.infra.coordination.nodeId)
    const id = await submit(first, 't1', { maxAttempts: 1 })
    await cluster.pass(100)
    expect(ada.assignments).toHaveLength(0)
    expect(await first.swarm.reader.task(id)).toMatchObject({ phase: 'queued', attempt: 0 })

    const eve = await anAgent('eve', first)
    await cluster.pass(0)
    expect(eve.assignments).toMatchObject([{ taskId: id, attempt: 1 }])
    cluster.network.hearAgain(second.infra.coordination.nodeId)
    expect(ada.told.at(-1)).toMatchObject({ type: 'reattach' })
    await cluster.settle(ada.attach([], second))
    const other = await submit(first, 't2')
    await cluster.pass(0)
    expect(ada.assignments).toMatchObject([{ taskId: other, attempt: 1 }])
  })
})

describe('the time of an attempt', () => {
  it('is not extended by restarts, however many', async () => {
    const cluster = new Cluster()
    let node = await cluster.node()
    const ada = await anAgent('ada', node)
    const id = await submit(node, 't1', { timeoutMs: 6_000, maxAttempts: 1 })
    await cluster.pass(0)
    await ada.accept(ada.assignments[0]!)
    const held = ada.assignments
    const beganAt = cluster.clock.monotonic()
    const isUnderWay = async (): Promise<boolean> => (await node.swarm.reader.task(id)).status === 'working'
    for (let restarts = 0; restarts < 10 && (await isUnderWay()); restarts += 1) {
      await cluster.pass(700)
      node.die()
      // The next node waits for the claim of the dead one to lapse.
      node = await cluster.node()
      await cluster.settle(ada.attach(held, node))
    }
    expect(await node.swarm.reader.task(id)).toMatchObject({ failure: { code: 'timeout' } })
    expect(cluster.clock.monotonic() - beganAt).toBeLessThanOrEqual(6_000 + 700 + 2_000)
    expect(await eventTypes(node, id)).toContain('task.failed')
  })

  it('goes on from what renewals wrote, and is off by one lease at most where the wall clock was set', async () => {
    for (const offsetMs of [-3_600_000, 3_600_000]) {
      const cluster = new Cluster()
      const first = await cluster.node()
      const ada = await anAgent('ada', first)
      const id = await submit(first, 't1', { timeoutMs: 60_000, maxAttempts: 1 })
      await cluster.pass(0)
      const held = ada.assignments
      for (let passed = 0; passed < 30_000; passed += 3_000) {
        await ada.heartbeat(held)
        await cluster.pass(3_000)
      }
      cluster.clock.jumpWallClock(offsetMs)
      first.die()
      const node = await cluster.node()
      const beganAt = cluster.clock.monotonic()
      await cluster.settle(ada.attach(held, node))
      while ((await node.swarm.reader.task(id)).phase === 'assigned') {
        await ada.attach(held, node)
        await cluster.pass(1_000)
      }
      const leftMs = cluster.clock.monotonic() - beganAt
      expect(leftMs).toBeGreaterThanOrEqual(30_000 - LEASE_MS)
      expect(leftMs).toBeLessThanOrEqual(30_000 + LEASE_MS)
    }
  })
})
