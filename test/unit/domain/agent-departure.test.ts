import { describe, expect, it } from 'vitest'
import { agentId, jsonText, sessionId } from '#domain/model/ids.ts'
import type { StepFault } from '#simulation/memory/memory-swarm-store.ts'
import { agentSpec, anAgent, Cluster, httpAgent, LEASE_MS, submit } from './cluster.ts'

const GRACE_MS = 1_000

describe('an agent that drains or leaves', () => {
  it('finishes what it holds and gets nothing new while it drains', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node, { slots: 3 })
    await submit(node, 'a')
    await cluster.pass(0)
    await node.service.agents.patch({ agentId: ada.id, spec: {}, isDraining: true })
    await submit(node, 'b')
    await cluster.pass(0)
    expect(ada.assignments).toHaveLength(1)
    await ada.complete(ada.assignments[0]!)
    await node.service.agents.patch({ agentId: ada.id, spec: {}, isDraining: false })
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
    await node.service.agents.deregister({ agentId: ada.id })
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
    await ada.accept(ada.assignments[0]!)
    await node.service.agents.patch({ agentId: ada.id, spec: {}, isDraining: true })
    const bob = await anAgent('bob', node)
    await ada.detach('agent')
    await cluster.pass(GRACE_MS - 1)
    expect(await node.swarm.reader.agent(ada.id)).toMatchObject({ status: 'draining' })
    await cluster.pass(1_000)
    expect(bob.assignments).toMatchObject([{ taskId: 'a', attempt: 2 }])
    expect(await node.swarm.reader.agent(ada.id)).toMatchObject({ status: 'offline', isDraining: true })
    expect((await node.service.topology.view()).nodes).toMatchObject([{ agentId: bob.id }])
    await ada.attach()
    expect(await node.swarm.reader.agent(ada.id)).toMatchObject({ status: 'draining' })
  })

  it('is gone after a lease of silence, also where it drains', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    const id = await submit(node, 'a')
    await cluster.pass(0)
    await node.service.agents.patch({ agentId: ada.id, spec: {}, isDraining: true })
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
      await node.service.agents.patch({ agentId: ada.id, spec: {}, isDraining })
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
      await ada.accept(ada.assignments.at(-1)!)
      await node.service.agents.deregister({ agentId: ada.id })
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
    await Promise.all([node.service.agents.deregister({ agentId: ada.id }), ada.register()])
    await cluster.pass(0)
    await ada.attach()
    await submit(node, 'a')
    await cluster.pass(0)
    expect(ada.assignments).toHaveLength(1)
  })

  it('lives by its questions for work also while it drains and gets none', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const bob = await httpAgent('bob', node)
    await node.service.agents.patch({ agentId: bob.id, spec: {}, isDraining: true })
    for (let passed = 0; passed < 2 * LEASE_MS; passed += LEASE_MS / 4) {
      await expect(bob.claim(1, 0)).rejects.toMatchObject({ code: 'agent_draining' })
      await cluster.pass(LEASE_MS / 4)
    }
    expect(await node.swarm.reader.agent(bob.id)).toMatchObject({ status: 'draining' })
  })
})

describe('the failure of the store', () => {
  it('does not keep an agent that left', async () => {
    let steps = Number.POSITIVE_INFINITY
    const cluster = new Cluster({
      faultFor: () => ((steps -= 1) < 0 ? { fail: 'before_commit' } : undefined),
    })
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    steps = 1
    await node.service.agents.deregister({ agentId: ada.id })
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
    const left = node.service.agents.deregister({ agentId: bob.id })
    const claim = bob.claim(1, 1_000)
    expect(await cluster.settle(left)).toMatchObject({ status: 'draining' })
    expect(await cluster.settle(claim)).toEqual([])
    await expect(node.swarm.reader.agent(bob.id)).rejects.toMatchObject({ code: 'agent_not_found' })
  })
})

describe('an agent that was removed', () => {
  const registration = (tokenHash: string) => ({
    agentId: agentId('ada'),
    spec: agentSpec('ada'),
    tokenHash,
    isNew: false,
  })

  it('comes back by a registration of its own accord only where nobody removed it', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    await node.service.agents.register({ ...registration('1'), isReturning: true })
    await node.service.agents.deregister({ agentId: agentId('ada') })
    const returning = node.service.agents.register({ ...registration('2'), isNew: true, isReturning: true })
    await expect(returning).rejects.toMatchObject({ code: 'agent_removed' })
    await node.service.agents.register(registration('3'))
    await node.service.agents.register({ ...registration('4'), isReturning: true })
  })

  it('is forgotten in the end', async () => {
    const cluster = new Cluster({
      orchestrator: { removedAgentRetentionMs: 60_000, retentionEveryMs: 1_000 },
    })
    const node = await cluster.node()
    await node.service.agents.register(registration('1'))
    await node.service.agents.deregister({ agentId: agentId('ada') })
    expect(await node.swarm.reader.removedAgent(agentId('ada'))).toMatchObject({ tokenHash: '1' })
    await cluster.pass(62_000)
    expect(await node.swarm.reader.removedAgent(agentId('ada'))).toBeUndefined()
  })

  it('cannot work again while it still leaves', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    await submit(node, 'a')
    await cluster.pass(0)
    await node.service.agents.deregister({ agentId: ada.id })
    const undo = node.service.agents.patch({ agentId: ada.id, spec: {}, isDraining: false })
    await expect(undo).rejects.toMatchObject({ code: 'agent_draining' })
  })
})

describe('an agent that is registered with another token', () => {
  const spec = agentSpec('ada')
  const id = agentId('ada')

  it('gets nothing over its earlier channel, which says nothing more either', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    await node.service.agents.register({ agentId: id, spec, tokenHash: '1', isNew: false })
    const old = sessionId('old')
    const address = { agentId: id, nodeId: node.infra.peers.nodeId, sessionId: old, held: [] }
    await node.service.agents.attach({ ...address, tokenHash: '1' })
    await submit(node, 'a')
    await cluster.pass(0)
    const [held] = node.sessions.assignmentsTo(old)
    await node.service.agents.register({ agentId: id, spec, tokenHash: '2', isNew: false })
    expect(node.sessions.registrationsEnded).toContain(id)
    await submit(node, 'b')
    await cluster.pass(0)
    expect(node.sessions.assignmentsTo(old)).toHaveLength(1)
    const { taskId, fencingToken } = held!
    const report = { agentId: id, sessionId: old, taskId, fencingToken, result: jsonText('1') }
    await expect(node.service.tasks.complete(report)).rejects.toMatchObject({ code: 'session_unknown' })
    // Nor can the holder of the old token attach or claim, were its token looked up just before.
    await expect(node.service.agents.attach({ ...address, tokenHash: '1' })).rejects.toMatchObject({
      code: 'unauthorized',
    })
    const claim = node.service.agents.claim({
      agentId: id,
      claimId: 'c',
      tokenHash: '1',
      countMax: 1,
      waitMs: 0,
    })
    await expect(claim).rejects.toMatchObject({ code: 'unauthorized' })
  })

  it('does not lose its channel by a repeated call of the same registration', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const request = { agentId: id, spec, tokenHash: '1', isNew: true }
    await node.service.agents.register(request)
    await node.service.agents.register(request)
    expect(node.sessions.registrationsEnded).toEqual([])
  })

  it('takes nothing over a claim that waited under its earlier token', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    await node.service.agents.register({ agentId: id, spec, tokenHash: '1', isNew: false })
    const claim = node.service.agents.claim({
      agentId: id,
      claimId: 'c',
      tokenHash: '1',
      countMax: 1,
      waitMs: 10_000,
    })
    const refusal = cluster.settle(claim).catch((error: unknown) => error)
    await cluster.pass(10)
    await node.service.agents.register({ agentId: id, spec, tokenHash: '2', isNew: false })
    expect(await refusal).toMatchObject({ code: 'unauthorized' })
  })
})
