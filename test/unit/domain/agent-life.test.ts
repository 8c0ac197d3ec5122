import { describe, expect, it } from 'vitest'
import { anAgent, Cluster, eventTypes, httpAgent, LEASE_MS, submit, TestAgent } from './cluster.ts'

const GRACE_MS = 1_000
/** More than the first backoff. */
const BACKOFF_MS = 1_000

describe('an agent on a channel', () => {
  it('is given no more tasks than it has slots, and the next as soon as one is free', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node, { slots: 2 })
    for (const id of ['a', 'b', 'c']) await submit(node, id)
    await cluster.pass(0)
    expect(ada.assignments).toHaveLength(2)
    await ada.complete(ada.assignments[0]!)
    await cluster.pass(0)
    expect(ada.assignments).toHaveLength(3)
  })

  it('gets nothing new over a connection over which it stopped, and again over the next', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    const id = await submit(node, 't1', { maxAttempts: 1 })
    await cluster.pass(0)
    const [held] = ada.assignments
    await node.service.agents.stopWork({ agentId: ada.id, sessionId: ada.session })
    await node.service.tasks.release({ ...ada.report(held!), reason: 'the agent closes' })
    await cluster.pass(5_000)
    expect(ada.assignments).toHaveLength(1)
    expect(await node.swarm.reader.task(id)).toMatchObject({ phase: 'queued' })
    await ada.attach()
    await cluster.pass(0)
    expect(ada.assignments.map(({ taskId }) => taskId)).toEqual([id])
  })

  it('gets no task after it was told that the node goes away, also where one was being written', async () => {
    const cluster = new Cluster({ faultFor: () => ({ delayMs: 20 }) })
    const node = await cluster.node()
    const ada = await cluster.settle(anAgent('ada', node))
    const submitted = submit(node, 't1')
    // The submit is written, the assignment is not yet.
    await cluster.pass(30)
    const drained = node.directory.drain()
    await cluster.settle(Promise.all([submitted, drained]))
    await cluster.pass(1_000)
    const told = ada.told.map(({ type }) => type)
    expect(told).toContain('drain')
    expect(told.slice(told.indexOf('drain'))).not.toContain('assigned')
  })

  it('keeps its tasks when it comes back within the grace period', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    const id = await submit(node, 't1')
    await cluster.pass(0)
    const held = ada.assignments
    await ada.detach('agent')
    await cluster.pass(GRACE_MS - 1)
    expect(await node.swarm.reader.agent(ada.id)).toMatchObject({ status: 'suspect' })
    expect(await ada.attach(held)).toMatchObject({ kept: [id], lost: [] })
    await cluster.pass(LEASE_MS / 2)
    await ada.complete(held[0]!)
    expect(await node.swarm.reader.task(id)).toMatchObject({
      status: 'completed',
      attempts: [{ attempt: 1 }],
    })
  })

  it('loses its tasks to others within two seconds when it closes its channel and stays away', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    await submit(node, 't1', { backoff: { baseMs: 10, factor: 1, maxMs: 10 } })
    await cluster.pass(0)
    await ada.accept(ada.assignments[0]!)
    const bob = await anAgent('bob', node)
    await ada.detach('agent')
    await cluster.pass(2_000)
    expect(bob.assignments).toMatchObject([{ taskId: 't1', attempt: 2 }])
    expect(await node.swarm.reader.agent(ada.id)).toMatchObject({ status: 'offline' })
  })

  it('keeps its leases when the server closes the channel', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    const id = await submit(node, 't1')
    await cluster.pass(0)
    const held = ada.assignments
    await ada.detach('server')
    await cluster.pass(LEASE_MS - 100)
    expect(await ada.attach(held)).toMatchObject({ kept: [id] })
    expect((await node.swarm.reader.task(id)).attempt).toBe(1)
  })

  it('loses its tasks after a lease of silence, and is told so', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    const id = await submit(node, 't1')
    await cluster.pass(LEASE_MS - 1)
    expect(await node.swarm.reader.agent(ada.id)).toMatchObject({ status: 'suspect' })
    expect((await node.swarm.reader.task(id)).lease).toBeDefined()
    await cluster.pass(1)
    expect((await node.swarm.reader.task(id)).lease).toBeUndefined()
    expect(await node.swarm.reader.agent(ada.id)).toMatchObject({ status: 'offline' })
    expect(ada.told.at(-1)).toMatchObject({ type: 'revoked', held: { taskId: id } })
  })

  it('has what it does not know of taken back when it connects anew, and keeps what it was given meanwhile', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node, { slots: 2 })
    await submit(node, 'lost', { backoff: { baseMs: 30_000, factor: 1, maxMs: 30_000 } })
    await cluster.pass(0)
    await ada.accept(ada.assignments[0]!)
    // The new channel is open before the attach is written: what is assigned in between goes to it.
    const [reply] = await Promise.all([ada.attach([]), submit(node, 'fresh')])
    await cluster.pass(0)
    expect(reply).toMatchObject({ kept: [], lost: [] })
    expect(
      await node.swarm.reader.task((await submit(node, 'other'), ada.assignments[0]!.taskId)),
    ).toMatchObject({
      taskId: 'fresh',
      attempt: 1,
      phase: 'assigned',
    })
    expect(await eventTypes(node, 'lost')).toContain('task.retrying')
    expect(await eventTypes(node, 'fresh')).toEqual(['task.submitted', 'task.assigned'])
  })

  it('is superseded by its newer connection, whose older one is told and no longer listened to', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    const older = ada.session
    const { epoch } = await ada.attach()
    expect(node.sessions.to(older)).toEqual([{ type: 'superseded', epoch }])
    await expect(
      node.service.agents.heartbeat({ agentId: ada.id, sessionId: older, held: [] }),
    ).rejects.toMatchObject({ code: 'session_superseded', details: { epoch } })
    await node.service.agents.detach({ agentId: ada.id, sessionId: older, closedBy: 'agent' })
    expect(await node.swarm.reader.agent(ada.id)).toMatchObject({ status: 'online' })
  })

  it('keeps its newest connection when an older one of the same process arrives later', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    await ada.attach([], node, { processId: 'p1', number: 2 })
    const newest = ada.session
    await expect(ada.attach([], node, { processId: 'p1', number: 1 })).rejects.toMatchObject({
      code: 'session_superseded',
    })
    expect(node.sessions.to(newest)).toEqual([])
    await expect(
      node.service.agents.heartbeat({ agentId: ada.id, sessionId: newest, held: [] }),
    ).resolves.toMatchObject({ transport: 'channel' })
    // Another process under the same id takes over, whatever its numbers.
    const { epoch } = await ada.attach([], node, { processId: 'p2', number: 1 })
    expect(node.sessions.to(newest)).toEqual([{ type: 'superseded', epoch }])
  })

  it('has to connect anew where its connection was given up for lost', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    const heartbeat = { agentId: ada.id, sessionId: ada.session, held: [] }
    await node.service.agents.detach({ agentId: ada.id, sessionId: ada.session, closedBy: 'server' })
    await expect(node.service.agents.heartbeat(heartbeat)).rejects.toMatchObject({ code: 'session_unknown' })
    await ada.attach()
    await expect(
      node.service.agents.heartbeat({ ...heartbeat, sessionId: ada.session }),
    ).resolves.toMatchObject({
      transport: 'channel',
    })
  })

  it('does not live by heartbeats beside its channel', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    const id = await submit(node, 't1')
    for (let passed = 0; passed < LEASE_MS + 1_000; passed += 1_000) {
      await cluster.pass(1_000)
      await node.service.agents.heartbeat({ agentId: ada.id, held: ada.assignments })
    }
    expect((await node.swarm.reader.task(id)).lease).toBeUndefined()
  })

  it('gets no work for a while after failing too often, then a single trial', async () => {
    const cluster = new Cluster({ orchestrator: { breaker: { failuresMax: 2, cooldownMs: 10_000 } } })
    const node = await cluster.node()
    const ada = await anAgent('ada', node, { slots: 5 })
    for (const id of ['a', 'b']) await submit(node, id, { maxAttempts: 1 })
    await cluster.pass(0)
    for (const assignment of ada.assignments) await ada.fail(assignment)
    for (const id of ['c', 'd', 'e']) await submit(node, id)
    await cluster.pass(5_000)
    await ada.heartbeat()
    await cluster.pass(4_999)
    expect(ada.assignments).toHaveLength(2)
    await cluster.pass(1)
    expect(ada.assignments).toHaveLength(3)
    await ada.complete(ada.assignments[2]!)
    await cluster.pass(0)
    expect(ada.assignments).toHaveLength(5)
    expect(await eventTypes(node, ada.id)).toEqual(
      expect.arrayContaining(['agent.breaker_opened', 'agent.breaker_closed']),
    )
  })
})

describe('an agent that speaks HTTP only', () => {
  it('waits for work, gets it, and lives by its lease', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const bob = await httpAgent('bob', node)
    const claim = bob.claim(1, 30_000)
    await cluster.pass(1_000)
    const id = await submit(node, 't1')
    const [assignment] = await cluster.settle(claim)
    expect(assignment).toMatchObject({ taskId: id, attempt: 1 })
    expect(await node.swarm.reader.task(id)).toMatchObject({ status: 'working', phase: 'running' })
    for (let passed = 0; passed < 2 * LEASE_MS; passed += LEASE_MS / 2) {
      await cluster.pass(LEASE_MS / 2)
      expect(await bob.heartbeat([assignment!])).toMatchObject({ kept: [id], lost: [], transport: 'http' })
    }
    await cluster.pass(LEASE_MS + BACKOFF_MS)
    expect(await bob.heartbeat([assignment!])).toMatchObject({ kept: [], lost: [id] })
  })

  it('is answered with nothing when the wait is over, and is given nothing while it does not ask', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const bob = await httpAgent('bob', node)
    const claim = bob.claim(1, 500)
    await cluster.pass(500)
    expect(await claim).toEqual([])
    const id = await submit(node, 't1')
    await cluster.pass(1_000)
    expect(await node.swarm.reader.task(id)).toMatchObject({ phase: 'queued' })
  })

  it('gets at most what it asked for and never more than its slots', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const bob = await httpAgent('bob', node, 3)
    for (const id of ['a', 'b', 'c', 'd', 'e']) await submit(node, id)
    expect(await cluster.settle(bob.claim(2, 0))).toHaveLength(2)
    expect(await cluster.settle(bob.claim(10, 0))).toHaveLength(1)
    expect(await cluster.settle(bob.claim(10, 0))).toHaveLength(0)
  })

  it('is answered once: a newer question ends the older', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const bob = await httpAgent('bob', node)
    const older = bob.claim(1, 30_000)
    await cluster.pass(0)
    const newer = bob.claim(1, 30_000)
    await cluster.pass(0)
    expect(await older).toEqual([])
    await submit(node, 't1')
    expect(await cluster.settle(newer)).toHaveLength(1)
  })

  it('cannot claim beside its own channel, nor while it drains', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    await expect(
      node.service.agents.claim({ agentId: ada.id, claimId: 'c', countMax: 1, waitMs: 0 }),
    ).rejects.toMatchObject({
      code: 'agent_on_channel',
    })
    const bob = await httpAgent('bob', node)
    await node.service.agents.patch({ agentId: bob.id, spec: {}, isDraining: true })
    await expect(bob.claim(1, 0)).rejects.toMatchObject({ code: 'agent_draining' })
  })
})

describe('the failure of the store', () => {
  it('does not make an agent that fell silent look alive', async () => {
    let isAway = false
    const cluster = new Cluster({ faultFor: () => (isAway ? { fail: 'before_commit' } : undefined) })
    const node = await cluster.node()
    const ada = new TestAgent('ada', node)
    await ada.register()
    await ada.attach()
    isAway = true
    await cluster.pass(LEASE_MS + 100)
    isAway = false
    await cluster.pass(LEASE_MS + 100)
    expect(await node.swarm.reader.agent(ada.id)).toMatchObject({ status: 'offline' })
  })
})
