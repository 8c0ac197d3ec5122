import { describe, expect, it } from 'vitest'
import { nodeId, swarmEpoch, swarmId, taskId } from '#domain/model/ids.ts'
import { anAgent, Cluster, eventsOf, LEASE_MS, newTask, SCOPE, submit, TENANT, TestAgent } from './cluster.ts'

/** A dead node's claim lapses after 2 s; the others look every 500 ms. */
const TAKEOVER_MS = 3_000

describe('a restart', () => {
  it('finds tasks, agents and leases again, and gives every open lease its full time', async () => {
    const cluster = new Cluster()
    const before = await cluster.node()
    const ada = await anAgent('ada', before)
    const held = await submit(before, 'held')
    await submit(before, 'waiting')
    const last = await submit(before, 'last', { dependsOn: [held] })
    await cluster.pass(LEASE_MS - 1_000)
    const assignments = ada.assignments
    before.die()

    const after = await cluster.node()
    await cluster.pass(LEASE_MS - 1_000)
    expect(await after.swarm.reader.task(held)).toMatchObject({ phase: 'assigned', attempt: 1 })
    const again = new TestAgent('ada', after)
    expect(await again.attach(assignments)).toMatchObject({ kept: [held] })
    await again.complete(assignments[0]!)
    await cluster.pass(0)
    expect(again.assignments).toMatchObject([{ taskId: 'waiting' }])
    await again.complete(again.assignments[0]!)
    await cluster.pass(0)
    expect(again.assignments.at(-1)).toMatchObject({ taskId: last })
    const events = await eventsOf(after)
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1))
    expect(new Set(events.map(({ epoch }) => epoch)).size).toBe(2)
  })

  it('finishes a cancel that was cut short below its parent', async () => {
    let stepsLeft = Number.POSITIVE_INFINITY
    const cluster = new Cluster({
      faultFor: () => ((stepsLeft -= 1) < 0 ? { fail: 'before_commit' } : undefined),
    })
    const before = await cluster.node()
    const parent = await submit(before, 'parent', { delayMs: 60_000 })
    const child = await submit(before, 'child', { parentTaskId: parent, delayMs: 60_000 })
    stepsLeft = 1
    await expect(before.service.tasks.cancel({ taskId: parent, reason: 'no' })).rejects.toMatchObject({
      code: 'store_unavailable',
    })
    before.die()
    stepsLeft = Number.POSITIVE_INFINITY
    const after = await cluster.node()
    await cluster.pass(TAKEOVER_MS)
    expect(await after.swarm.reader.task(child)).toMatchObject({ status: 'canceled' })
  })
})

describe('several nodes', () => {
  it('carry calls and deliveries to and from the one that coordinates', async () => {
    const cluster = new Cluster()
    const first = await cluster.node({ isAlone: false })
    const second = await cluster.node({ isAlone: false })
    expect(first.swarm.gateway.orchestrator).toBeDefined()
    expect(second.swarm.gateway.orchestrator).toBeUndefined()
    const ada = await cluster.settle(anAgent('ada', second))
    const id = await cluster.settle(submit(second, 't1'))
    await cluster.pass(0)
    expect(ada.assignments).toMatchObject([{ taskId: id }])
    await cluster.settle(ada.complete(ada.assignments[0]!))
    expect(await second.swarm.reader.task(id)).toMatchObject({ status: 'completed' })
    const wrong = { ...ada.assignments[0]!, taskId: taskId('nobody') }
    await expect(cluster.settle(ada.complete(wrong))).rejects.toMatchObject({ code: 'task_not_found' })
  })

  it('let an agent wait for work on any of them, longer than one call between nodes may take', async () => {
    const cluster = new Cluster()
    const first = await cluster.node({ isAlone: false })
    const second = await cluster.node({ isAlone: false })
    const bob = new TestAgent('bob', second)
    await cluster.settle(bob.register())
    const claim = second.service.agents.claim({ agentId: bob.id, claimId: 'c', countMax: 1, waitMs: 30_000 })
    await cluster.pass(10_500)
    const id = await cluster.settle(submit(first, 't1'))
    expect(await cluster.settle(claim)).toMatchObject([{ taskId: id, attempt: 1 }])

    const inVain = second.service.agents.claim({ agentId: bob.id, claimId: 'd', countMax: 1, waitMs: 2_500 })
    const askedAt = cluster.clock.monotonic()
    expect(await cluster.settle(inVain)).toEqual([])
    expect(cluster.clock.monotonic() - askedAt).toBeGreaterThanOrEqual(2_500)
  })

  it('take over within three seconds when the one that coordinates dies, and tell the agents to attach again', async () => {
    const cluster = new Cluster()
    const first = await cluster.node({ isAlone: false })
    const second = await cluster.node({ isAlone: false })
    const ada = await cluster.settle(anAgent('ada', second))
    const id = await cluster.settle(submit(second, 't1'))
    await cluster.pass(0)
    const held = ada.assignments
    first.die()
    await cluster.pass(TAKEOVER_MS)
    expect(second.swarm.gateway.orchestrator).toBeDefined()
    expect(ada.told.at(-1)).toMatchObject({ type: 'reattach' })
    await ada.attach(held)
    await ada.complete(held[0]!)
    expect(await second.swarm.reader.task(id)).toMatchObject({
      status: 'completed',
      attempts: [{ attempt: 1 }],
    })
  })

  it('deliver nothing that an ended coordinatorship sent, once a later one was heard', async () => {
    const cluster = new Cluster()
    await cluster.node({ isAlone: false })
    const second = await cluster.node({ isAlone: false })
    const ada = await cluster.settle(anAgent('ada', second))
    const { swarm } = second
    const noticeOf = (epoch: number, reason: string) => ({
      scope: SCOPE,
      epoch: swarmEpoch(epoch),
      topic: 'delivery',
      body: { sessionId: ada.session, delivery: { type: 'reattach', reason } },
    })
    const later = cluster.medium.scope(SCOPE).epoch + 1
    swarm.hear(noticeOf(later, 'new'))
    swarm.hear(noticeOf(later - 1, 'old'))
    swarm.hear(noticeOf(later, 'newer'))
    const heard = ada.told.flatMap((delivery) => (delivery.type === 'reattach' ? delivery.reason : []))
    expect(heard).toEqual(['new', 'newer'])
  })

  it('let their agents attach again where messages to them may be missing', async () => {
    const cluster = new Cluster()
    const first = await cluster.node({ isAlone: false })
    const second = await cluster.node({ isAlone: false })
    const near = await cluster.settle(anAgent('near', first))
    const far = await cluster.settle(anAgent('far', second))
    for (const { swarm } of [first, second]) swarm.gateway.missed()
    expect(near.told).toEqual([])
    expect(far.told).toMatchObject([{ type: 'reattach' }])
  })

  it('go on undisturbed when one that does not coordinate dies', async () => {
    const cluster = new Cluster()
    const first = await cluster.node({ isAlone: false })
    const second = await cluster.node({ isAlone: false })
    const orchestrator = first.swarm.gateway.orchestrator
    second.die()
    await cluster.pass(TAKEOVER_MS)
    expect(first.swarm.gateway.orchestrator).toBe(orchestrator)
  })

  it('take over though nobody calls them', async () => {
    const cluster = new Cluster()
    const first = await cluster.node({ isAlone: false })
    const second = await cluster.node({ isAlone: false })
    const deadlineAt = (cluster.clock.now() + 5_000) as ReturnType<typeof cluster.clock.now>
    const id = await submit(first, 't1', { deadlineAt })
    first.die()
    // The network says so before the claim has lapsed: the first look is in vain.
    await cluster.pass(6_000)
    expect(await second.swarm.reader.task(id)).toMatchObject({ failure: { code: 'deadline_exceeded' } })
  })

  it('share the swarm: one that drains hands it over at once and still carries what its agents say', async () => {
    const cluster = new Cluster()
    const first = await cluster.node({ isAlone: false })
    const second = await cluster.node({ isAlone: false })
    const ada = await cluster.settle(anAgent('ada', first))
    const id = await cluster.settle(submit(first, 't1'))
    await cluster.pass(0)
    await cluster.settle(first.directory.drain())
    await cluster.pass(500)
    expect(second.swarm.gateway.orchestrator).toBeDefined()
    expect(ada.told.map(({ type }) => type)).toContain('drain')
    const { sessionId: _, ...report } = ada.report(ada.assignments[0]!)
    await cluster.settle(first.service.tasks.complete({ ...report, result: '"done"' as never }))
    expect(await first.swarm.reader.task(id)).toMatchObject({ status: 'completed' })
  })

  it('stop believing in a claim that lapsed: what the old coordinator still writes is refused', async () => {
    const cluster = new Cluster()
    const first = await cluster.node({ isAlone: false })
    const second = await cluster.node({ isAlone: false })
    await submit(first, 'a')
    const { orchestrator } = first.swarm.gateway
    // The first node hears nothing of it, as when its process was stopped for a while.
    cluster.medium.scope(SCOPE).holder = undefined
    await second.infra.coordination.claim(SCOPE, 0)
    await expect(orchestrator!.service.tasks.submit({ tasks: [newTask('b')] })).rejects.toMatchObject({
      code: 'not_coordinator',
    })
    expect(first.swarm.gateway.orchestrator).toBeUndefined()
    await expect(first.swarm.reader.task(taskId('b'))).rejects.toMatchObject({ code: 'task_not_found' })
    // A caller notices nothing: the call goes on to the node that coordinates now.
    await cluster.pass(500)
    await cluster.settle(submit(first, 'c'))
    expect(second.swarm.gateway.orchestrator).toBeDefined()
    expect((await eventsOf(second)).at(-1)).toMatchObject({
      type: 'task.submitted',
      subject: 'c',
      epoch: cluster.medium.scope(SCOPE).epoch,
    })
  })

  it('keep a swarm whose claim lapsed, where nobody else has claimed it', async () => {
    const cluster = new Cluster()
    const node = await cluster.node({ isAlone: false })
    const { orchestrator } = node.swarm.gateway
    cluster.medium.scope(SCOPE).holder = undefined
    await cluster.pass(TAKEOVER_MS)
    expect(node.swarm.gateway.orchestrator).toBe(orchestrator)
    await cluster.settle(submit(node, 'a'))
  })

  it('begin anew after losing a claim, without the old orchestrator ending the new one', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    // Writes are under way when the claim ends.
    const writes = ['a', 'b', 'c'].map((id) => submit(node, id))
    node.infra.coordination.lose(SCOPE)
    await cluster.settle(Promise.allSettled(writes))
    await cluster.pass(1_000)
    const begun = (await eventsOf(node)).filter(({ type }) => type === 'swarm.coordinator_changed')
    expect(begun).toHaveLength(2)
    expect(await node.infra.coordination.coordinatorOf(SCOPE)).toBe(nodeId('node-1'))
    await ada.attach()
    await cluster.pass(0)
    expect(ada.assignments).toHaveLength(1)
  })
})

describe('a swarm', () => {
  it('is created, listed, changed and deleted, and can be created again', async () => {
    const cluster = new Cluster()
    const first = await cluster.node({ isAlone: false })
    const second = await cluster.node({ isAlone: false })
    const limits = { openTasksMax: 10, agentsMax: 10, eventsMax: 100 }
    const spec = {
      swarmId: swarmId('blue'),
      description: 'first',
      strategy: { kind: 'least_loaded' },
      topology: { kind: 'mesh' },
      leaseMs: 5_000,
      limits,
    } as const
    await cluster.settle(first.directory.createSwarm(TENANT, spec))
    await expect(first.directory.createSwarm(TENANT, spec)).rejects.toMatchObject({ code: 'swarm_exists' })
    const { items } = await second.directory.listSwarms(TENANT, { pageSize: 10 })
    expect(items.map((swarm) => swarm.swarmId)).toEqual(['blue', 'default'])

    // By the node that does not coordinate it.
    await cluster.settle(second.directory.deleteSwarm(TENANT, spec.swarmId, { force: false }))
    await expect(second.directory.open(TENANT, spec.swarmId)).rejects.toMatchObject({
      code: 'swarm_not_found',
    })
    await cluster.settle(second.directory.createSwarm(TENANT, { ...spec, description: 'second' }))
    const again = await first.directory.open(TENANT, spec.swarmId)
    expect(await again.record()).toMatchObject({ description: 'second' })
    expect(second.directory.nodeId).toBe((await cluster.settle(again.service.swarm.status())).coordinatorId)
  })

  it('is not deleted while it has open tasks, unless that is forced', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    await submit(node, 'a')
    const id = swarmId('default')
    await expect(node.directory.deleteSwarm(TENANT, id, { force: false })).rejects.toMatchObject({
      code: 'swarm_not_empty',
    })
    await node.directory.deleteSwarm(TENANT, id, { force: true })
    expect(await eventsOf(node)).toEqual([])
  })

  it('leaves no timer behind when the node stops', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    const deadlineAt = (cluster.clock.now() + 5_000) as ReturnType<typeof cluster.clock.now>
    await submit(node, 'a', { deadlineAt })
    await cluster.pass(0)
    await ada.detach('agent')
    await node.directory.stop()
    await node.infra.close()
    await cluster.pass(0)
    expect(cluster.clock.timerCount).toBe(0)
  })
})

describe('a node that is cut off', () => {
  it('sends its agents to other nodes', async () => {
    const cluster = new Cluster()
    const first = await cluster.node({ isAlone: false })
    const second = await cluster.node({ isAlone: false })
    const agents = [await anAgent('ada', first), await cluster.settle(anAgent('bob', second))]
    first.swarm.gateway.cutOff()
    second.swarm.gateway.cutOff()
    for (const { told } of agents)
      expect(told.at(-1)).toEqual({ type: 'reattach', reason: 'this node cannot reach the store' })
  })
})
