import { describe, expect, it } from 'vitest'
import { anAgent, Cluster, eventsOf, newTask, SCOPE, submit } from './cluster.ts'

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

  it('remembers an Idempotency-Key for its time, no shorter and not for ever', async () => {
    const cluster = new Cluster({
      orchestrator: { retentionEveryMs: MINUTE_MS / 2, idempotencyMs: MINUTE_MS },
    })
    const node = await cluster.node()
    const idempotency = { key: 'k', fingerprint: 'f' }
    await node.service.submit({ tasks: [newTask('a')], idempotency })
    await cluster.pass(MINUTE_MS)
    expect(await node.service.submit({ tasks: [newTask('b')], idempotency })).toMatchObject({
      isReplay: true,
    })
    await cluster.pass(MINUTE_MS)
    expect(await node.service.submit({ tasks: [newTask('c')], idempotency })).toMatchObject({
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

  it('goes on after the store refused', async () => {
    const cluster = new Cluster({ orchestrator: { retentionEveryMs: 1_000, taskRetentionMs: 5_000 } })
    const node = await cluster.node()
    const id = await submit(node, 'a')
    await node.service.cancel({ taskId: id, reason: 'no' })
    node.infra.store.setUnwritable('disk full')
    await cluster.pass(10_000)
    expect(await node.swarm.reader.task(id)).toMatchObject({ status: 'canceled' })
    node.infra.store.setUnwritable(undefined)
    await cluster.pass(1_000)
    await expect(node.swarm.reader.task(id)).rejects.toMatchObject({ code: 'task_not_found' })
  })
})
