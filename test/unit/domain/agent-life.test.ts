import { describe, expect, it } from 'vitest'
import { agentId } from '#domain/ids.ts'
import type { SwarmService } from '#domain/orchestration/swarm-service.ts'
import type { StepFault } from '../../helpers/memory-swarm-store.ts'
import {
  agentSpec,
  anAgent,
  Cluster,
  eventTypes,
  LEASE_MS,
  submit,
  TestAgent,
  type TestNode,
} from './cluster.ts'

const GRACE_MS = 1_000
/** More than the first backoff. */
const BACKOFF_MS = 1_000

async function httpAgent(name: string, node: TestNode, slots = 1): Promise<HttpAgent> {
  const id = agentId(name)
  await node.service.registerAgent({ agentId: id, spec: agentSpec(name, { slots }), isNew: true })
  return {
    id,
    claim: (countMax, waitMs) => node.service.claim({ agentId: id, countMax, waitMs }),
    heartbeat: (held) => node.service.heartbeat({ agentId: id, held }),
  }
}

interface HttpAgent {
  readonly id: ReturnType<typeof agentId>
  claim(countMax: number, waitMs: number): ReturnType<SwarmService['claim']>
  heartbeat(held: Parameters<SwarmService['heartbeat']>[0]['held']): ReturnType<SwarmService['heartbeat']>
}

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
      node.service.heartbeat({ agentId: ada.id, sessionId: older, held: [] }),
    ).rejects.toMatchObject({ code: 'session_superseded', details: { epoch } })
    await node.service.detach({ agentId: ada.id, sessionId: older, closedBy: 'agent' })
    expect(await node.swarm.reader.agent(ada.id)).toMatchObject({ status: 'online' })
  })

  it('does not live by heartbeats beside its channel', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    const id = await submit(node, 't1')
    for (let passed = 0; passed < LEASE_MS + 1_000; passed += 1_000) {
      await cluster.pass(1_000)
      await node.service.heartbeat({ agentId: ada.id, held: ada.assignments })
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

  it('finishes what it holds and gets nothing new while it drains', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node, { slots: 3 })
    await submit(node, 'a')
    await cluster.pass(0)
    await node.service.patchAgent({ agentId: ada.id, spec: {}, isDraining: true })
    await submit(node, 'b')
    await cluster.pass(0)
    expect(ada.assignments).toHaveLength(1)
    await ada.complete(ada.assignments[0]!)
    await node.service.patchAgent({ agentId: ada.id, spec: {}, isDraining: false })
    await ada.heartbeat()
    await cluster.pass(0)
    expect(ada.assignments).toHaveLength(2)
  })

  it('is removed when it leaves, once it holds nothing', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    await submit(node, 'a')
    await cluster.pass(0)
    await node.service.deregisterAgent({ agentId: ada.id })
    expect(ada.told.at(-1)).toMatchObject({ type: 'drain' })
    expect(await node.swarm.reader.agent(ada.id)).toMatchObject({ status: 'draining' })
    await ada.complete(ada.assignments[0]!)
    await cluster.pass(0)
    await expect(node.swarm.reader.agent(ada.id)).rejects.toMatchObject({ code: 'agent_not_found' })
    await expect(ada.heartbeat()).rejects.toMatchObject({ code: 'agent_not_found' })
  })

  it('is gone, as any other, when it dies while it drains, and drains on when it comes back', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    await submit(node, 'a', { backoff: { baseMs: 10, factor: 1, maxMs: 10 } })
    await cluster.pass(0)
    await node.service.patchAgent({ agentId: ada.id, spec: {}, isDraining: true })
    const bob = await anAgent('bob', node)
    await ada.detach('agent')
    await cluster.pass(GRACE_MS - 1)
    expect(await node.swarm.reader.agent(ada.id)).toMatchObject({ status: 'draining' })
    await cluster.pass(1_000)
    expect(bob.assignments).toMatchObject([{ taskId: 'a', attempt: 2 }])
    expect(await node.swarm.reader.agent(ada.id)).toMatchObject({ status: 'offline', isDraining: true })
    expect((await node.service.topology()).nodes).toMatchObject([{ agentId: bob.id }])
    await ada.attach()
    expect(await node.swarm.reader.agent(ada.id)).toMatchObject({ status: 'draining' })
  })

  it('is gone after a lease of silence, also where it drains', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    const id = await submit(node, 'a')
    await cluster.pass(0)
    await node.service.patchAgent({ agentId: ada.id, spec: {}, isDraining: true })
    await cluster.pass(LEASE_MS)
    expect(await node.swarm.reader.agent(ada.id)).toMatchObject({ status: 'offline' })
    expect((await node.swarm.reader.task(id)).lease).toBeUndefined()
  })

  it('stays gone when it is told to drain, or no longer to, after its death', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    await ada.detach('agent')
    await cluster.pass(GRACE_MS)
    for (const isDraining of [true, false]) {
      await node.service.patchAgent({ agentId: ada.id, spec: {}, isDraining })
      expect(await node.swarm.reader.agent(ada.id)).toMatchObject({ status: 'offline', isDraining })
    }
  })

  it('is removed when it dies while it leaves, whoever closed its channel', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    for (const closedBy of ['agent', 'server'] as const) {
      const ada = await anAgent('ada', node)
      const id = await submit(node, `held-${closedBy}`, { maxAttempts: 1 })
      await cluster.pass(0)
      await node.service.deregisterAgent({ agentId: ada.id })
      await ada.detach(closedBy)
      await cluster.pass(closedBy === 'agent' ? GRACE_MS : LEASE_MS)
      expect(await node.swarm.reader.task(id)).toMatchObject({ status: 'failed' })
      await expect(node.swarm.reader.agent(ada.id)).rejects.toMatchObject({ code: 'agent_not_found' })
    }
  })

  it('stays when it registers again while it leaves', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    await Promise.all([node.service.deregisterAgent({ agentId: ada.id }), ada.register()])
    await cluster.pass(0)
    await ada.attach()
    await submit(node, 'a')
    await cluster.pass(0)
    expect(ada.assignments).toHaveLength(1)
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
    await expect(node.service.claim({ agentId: ada.id, countMax: 1, waitMs: 0 })).rejects.toMatchObject({
      code: 'agent_on_channel',
    })
    const bob = await httpAgent('bob', node)
    await node.service.patchAgent({ agentId: bob.id, spec: {}, isDraining: true })
    await expect(bob.claim(1, 0)).rejects.toMatchObject({ code: 'agent_draining' })
  })

  it('lives by its questions for work also while it drains and gets none', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const bob = await httpAgent('bob', node)
    await node.service.patchAgent({ agentId: bob.id, spec: {}, isDraining: true })
    for (let passed = 0; passed < 2 * LEASE_MS; passed += LEASE_MS / 4) {
      await expect(bob.claim(1, 0)).rejects.toMatchObject({ code: 'agent_draining' })
      await cluster.pass(LEASE_MS / 4)
    }
    expect(await node.swarm.reader.agent(bob.id)).toMatchObject({ status: 'draining' })
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

  it('does not keep an agent that left', async () => {
    let steps = Number.POSITIVE_INFINITY
    const cluster = new Cluster({
      faultFor: () => ((steps -= 1) < 0 ? { fail: 'before_commit' } : undefined),
    })
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    steps = 1
    await node.service.deregisterAgent({ agentId: ada.id })
    steps = Number.POSITIVE_INFINITY
    await cluster.pass(2_000)
    await expect(node.swarm.reader.agent(ada.id)).rejects.toMatchObject({ code: 'agent_not_found' })
  })

  it('does not keep an agent that left while it was being given a task', async () => {
    const faults: StepFault[] = []
    const cluster = new Cluster({ faultFor: () => faults.shift() })
    const node = await cluster.node()
    const bob = await httpAgent('bob', node)
    await cluster.settle(bob.claim(1, 0))
    await submit(node, 'a')
    faults.push({ delayMs: 50 }, { fail: 'before_commit' })
    const left = node.service.deregisterAgent({ agentId: bob.id })
    const claim = bob.claim(1, 1_000)
    expect(await cluster.settle(left)).toMatchObject({ status: 'draining' })
    expect(await cluster.settle(claim)).toEqual([])
    await expect(node.swarm.reader.agent(bob.id)).rejects.toMatchObject({ code: 'agent_not_found' })
  })
})
