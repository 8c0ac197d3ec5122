import { describe, expect, it } from 'vitest'
import { taskId } from '#domain/model/ids.ts'
import { anAgent, Cluster, eventsOf, newTask, SCOPE, submit, type TestAgent } from './cluster.ts'

const MINUTE_MS = 60_000

describe('Retention', () => {
  it('forgets finished tasks after their time, with all that belongs to them, and keeps open ones', async () => {
    const cluster = new Cluster({
      orchestrator: {
        retentionEveryMs: MINUTE_MS,
        taskRetentionMs: 7 * MINUTE_MS,
        eventRetentionMs: 100 * MINUTE_MS,
      },
    })
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    const done = await submit(node, 'done')
    await cluster.pass(0)
    await ada.complete(ada.assignments[0]!)
    const open = await submit(node, 'open', { capabilities: ['nobody'] })
    await cluster.pass(7 * MINUTE_MS)
    expect(await node.swarm.reader.task(done)).toMatchObject({ status: 'completed' })
    await cluster.pass(MINUTE_MS)
    await expect(node.swarm.reader.task(done)).rejects.toMatchObject({ code: 'task_not_found' })
    expect([...cluster.medium.scope(SCOPE).records.keys()].filter((name) => name.endsWith('/done'))).toEqual(
      [],
    )
    expect(await node.swarm.reader.task(open)).toMatchObject({ phase: 'queued' })
  })

  describe('keeps a finished task that an open one refers to', () => {
    const orchestrator = { retentionEveryMs: MINUTE_MS, taskRetentionMs: 2 * MINUTE_MS }
    const nobody = { capabilities: ['nobody'] }

    async function finish(agent: TestAgent, cluster: Cluster): Promise<void> {
      await cluster.pass(0)
      await agent.complete(agent.assignments.at(-1)!)
    }

    it('as a dependency, also over a restart, and forgets it afterwards', async () => {
      const cluster = new Cluster({ orchestrator })
      const first = await cluster.node()
      const a = await submit(first, 'a')
      await finish(await anAgent('ada', first), cluster)
      const b = await submit(first, 'b', nobody)
      const c = await submit(first, 'c', { dependsOn: [a, b], inputFrom: a })
      await cluster.pass(5 * MINUTE_MS)
      first.die()
      const node = await cluster.node()
      await cluster.pass(5 * MINUTE_MS)
      expect(await node.swarm.reader.result(a)).toBe('"done"')

      const bob = await anAgent('bob', node, { capabilities: [{ name: 'nobody', proficiency: 1, cost: 1 }] })
      const ada = await anAgent('ada', node)
      await finish(bob, cluster)
      await cluster.pass(0)
      expect(ada.assignments).toMatchObject([{ taskId: c, payload: '"done"' }])
      await ada.complete(ada.assignments[0]!)
      await cluster.pass(5 * MINUTE_MS)
      await expect(node.swarm.reader.task(a)).rejects.toMatchObject({ code: 'task_not_found' })
    })

    it('as a parent', async () => {
      const cluster = new Cluster({ orchestrator })
      const node = await cluster.node()
      const ada = await anAgent('ada', node)
      const parent = await submit(node, 'parent')
      const child = await submit(node, 'child', { ...nobody, parentTaskId: parent })
      await finish(ada, cluster)
      await cluster.pass(5 * MINUTE_MS)
      expect(await node.swarm.reader.task(parent)).toMatchObject({ status: 'completed' })
      await node.service.tasks.cancel({ taskId: child, reason: 'no' })
      await cluster.pass(5 * MINUTE_MS)
      await expect(node.swarm.reader.task(parent)).rejects.toMatchObject({ code: 'task_not_found' })
    })

    it('as what it repeats', async () => {
      const cluster = new Cluster({ orchestrator })
      const node = await cluster.node()
      const failed = await submit(node, 'failed', nobody)
      await node.service.tasks.cancel({ taskId: failed, reason: 'no' })
      await node.service.tasks.retry({ taskId: failed, newTaskId: taskId('again'), includeDependents: true })
      await cluster.pass(5 * MINUTE_MS)
      expect(await node.swarm.reader.task(failed)).toMatchObject({ status: 'canceled' })
    })
  })

  it('remembers an Idempotency-Key for its time, no shorter and not for ever', async () => {
    const cluster = new Cluster({
      orchestrator: { retentionEveryMs: MINUTE_MS / 2, idempotencyMs: MINUTE_MS },
    })
    const node = await cluster.node()
    const idempotency = { key: 'k', fingerprint: 'f' }
    await node.service.tasks.submit({ tasks: [newTask('a')], idempotency })
    await cluster.pass(MINUTE_MS)
    expect(await node.service.tasks.submit({ tasks: [newTask('b')], idempotency })).toMatchObject({
      isReplay: true,
    })
    await cluster.pass(MINUTE_MS)
    expect(await node.service.tasks.submit({ tasks: [newTask('c')], idempotency })).toMatchObject({
      isReplay: false,
    })
  })

  it('trims events by count and by age, oldest first', async () => {
    const cluster = new Cluster({
      eventsMax: 10,
      orchestrator: { retentionEveryMs: 1_000, eventRetentionMs: 10_000 },
    })
    const node = await cluster.node()
    for (let index = 0; index < 30; index += 1) await submit(node, `t${index}`)
    await cluster.pass(1_000)
    expect((await eventsOf(node)).map(({ subject }) => subject)).toEqual(
      Array.from({ length: 10 }, (_, index) => `t${index + 20}`),
    )
    await cluster.pass(10_000)
    await submit(node, 'new')
    await cluster.pass(1_000)
    expect((await eventsOf(node)).map(({ subject }) => subject)).toEqual(['new'])
  })

  it('keeps as many events as it may, also where numbers between them are missing', async () => {
    const cluster = new Cluster({ eventsMax: 10, orchestrator: { retentionEveryMs: 1_000 } })
    const first = await cluster.node()
    for (let index = 0; index < 6; index += 1) await submit(first, `t${index}`)
    first.die()
    cluster.medium.scope(SCOPE).lastSequence += 1_000_000
    const node = await cluster.node()
    await cluster.pass(3_000)
    await submit(node, 'new')
    expect((await eventsOf(node)).map(({ subject }) => subject)).toEqual(
      expect.arrayContaining(['t0', 't5', 'new']),
    )
    for (let index = 6; index < 12; index += 1) await submit(node, `t${index}`)
    await cluster.pass(5_000)
    expect(await eventsOf(node)).toHaveLength(10)
  })

  it('goes on after the store refused', async () => {
    const cluster = new Cluster({ orchestrator: { retentionEveryMs: 1_000, taskRetentionMs: 5_000 } })
    const node = await cluster.node()
    const id = await submit(node, 'a')
    await node.service.tasks.cancel({ taskId: id, reason: 'no' })
    node.infra.store.setUnwritable('disk full')
    await cluster.pass(10_000)
    expect(await node.swarm.reader.task(id)).toMatchObject({ status: 'canceled' })
    node.infra.store.setUnwritable(undefined)
    await cluster.pass(1_000)
    await expect(node.swarm.reader.task(id)).rejects.toMatchObject({ code: 'task_not_found' })
  })
})
