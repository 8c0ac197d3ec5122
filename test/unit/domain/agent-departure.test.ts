import { describe, expect, it } from 'vitest'
import type { StepFault } from '../../helpers/memory-swarm-store.ts'
import { anAgent, Cluster, httpAgent, LEASE_MS, submit } from './cluster.ts'

const GRACE_MS = 1_000

describe('an agent that drains or leaves', () => {
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
    await ada.accept(ada.assignments[0]!)
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
      await ada.accept(ada.assignments.at(-1)!)
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
