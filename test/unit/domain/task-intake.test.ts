import { describe, expect, it } from 'vitest'
import { taskId } from '#domain/model/ids.ts'
import { anAgent, Cluster, eventTypes, newTask, submit, TestAgent } from './cluster.ts'

describe('tasks that belong together', () => {
  it('run in the order of what they depend on', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node, { slots: 5 })
    await submit(node, 'a')
    await cluster.pass(0)
    await ada.complete(ada.assignments[0]!)
    await submit(node, 'b')
    await submit(node, 'c')
    // One dependency is completed already when this is submitted, two are not.
    const last = await submit(node, 'd', { dependsOn: [taskId('a'), taskId('b'), taskId('c')] })
    await cluster.pass(0)
    expect(await node.swarm.reader.task(last)).toMatchObject({ phase: 'blocked' })
    await ada.complete(ada.assignments[1]!)
    await cluster.pass(0)
    expect(await node.swarm.reader.task(last)).toMatchObject({ phase: 'blocked' })
    await ada.complete(ada.assignments[2]!)
    await cluster.pass(0)
    expect(ada.assignments[3]).toMatchObject({ taskId: last })
  })

  it('fail when something they depend on does not complete, and so do those behind them', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const a = await submit(node, 'a')
    const b = await submit(node, 'b', { dependsOn: [a] })
    const c = await submit(node, 'c', { dependsOn: [b] })
    await node.service.tasks.cancel({ taskId: a, reason: 'not needed' })
    await cluster.pass(0)
    expect(await node.swarm.reader.task(b)).toMatchObject({
      status: 'failed',
      failure: { code: 'dependency_failed' },
    })
    expect(await node.swarm.reader.task(c)).toMatchObject({
      status: 'failed',
      failure: { code: 'dependency_failed' },
    })
  })

  it('are canceled from the parent down, running ones included', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    const parent = await submit(node, 'parent', { delayMs: 60_000 })
    const child = await submit(node, 'child', { parentTaskId: parent })
    const grandchild = await submit(node, 'grandchild', { parentTaskId: child })
    await cluster.pass(0)
    expect(ada.assignments).toMatchObject([{ taskId: child }])
    await node.service.tasks.cancel({ taskId: parent, reason: 'no longer wanted' })
    for (const id of [parent, child, grandchild]) {
      expect(await node.swarm.reader.task(id)).toMatchObject({ status: 'canceled', phase: 'done' })
    }
    const canceled = ada.told.flatMap((told) => (told.type === 'canceled' ? [told.held.taskId] : []))
    expect(canceled).toContain(child)
    await expect(node.service.tasks.cancel({ taskId: parent, reason: 'again' })).resolves.toMatchObject({
      status: 'canceled',
    })
    await expect(submit(node, 'late', { parentTaskId: parent })).rejects.toMatchObject({
      code: 'parent_not_open',
    })
  })

  it('are refused as a whole where one of them depends on a task that does not exist', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const tasks = [newTask('a'), newTask('b', { dependsOn: [taskId('nobody')] })]
    await expect(node.service.tasks.submit({ tasks })).rejects.toMatchObject({ code: 'dependency_not_found' })
    await expect(node.swarm.reader.task(taskId('a'))).rejects.toMatchObject({ code: 'task_not_found' })
  })
})

describe('an Idempotency-Key', () => {
  const idempotency = { key: 'k1', fingerprint: 'f1' }

  it('makes the same tasks of the same request, also after a restart', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const first = await node.service.tasks.submit({ tasks: [newTask('a')], idempotency })
    const again = await node.service.tasks.submit({ tasks: [newTask('b')], idempotency })
    expect([first.isReplay, again.isReplay]).toEqual([false, true])
    expect(again.tasks).toEqual(first.tasks)
    await node.directory.stop()
    await node.infra.close()

    const restarted = await cluster.node()
    expect(await restarted.service.tasks.submit({ tasks: [newTask('c')], idempotency })).toMatchObject({
      isReplay: true,
      tasks: [{ taskId: 'a' }],
    })
    await expect(restarted.swarm.reader.task(taskId('b'))).rejects.toMatchObject({ code: 'task_not_found' })
  })

  it('is refused for another request, and while the first is under way', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const first = node.service.tasks.submit({ tasks: [newTask('a')], idempotency })
    await expect(node.service.tasks.submit({ tasks: [newTask('b')], idempotency })).rejects.toMatchObject({
      code: 'idempotency_in_flight',
    })
    await first
    const other = { key: 'k1', fingerprint: 'f2' }
    await expect(
      node.service.tasks.submit({ tasks: [newTask('c')], idempotency: other }),
    ).rejects.toMatchObject({
      code: 'idempotency_key_reused',
    })
  })

  it('is not needed for the same call twice, which is what a node repeats', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    await node.service.tasks.submit({ tasks: [newTask('a')] })
    expect(await node.service.tasks.submit({ tasks: [newTask('a')] })).toMatchObject({
      isReplay: true,
      tasks: [{ taskId: 'a' }],
    })
    expect(await eventTypes(node, 'a')).toEqual(['task.submitted'])
  })
})

describe('limits', () => {
  it('refuse what would be one open task too many, until another is finished', async () => {
    const cluster = new Cluster({ openTasksMax: 2 })
    const node = await cluster.node()
    const a = await submit(node, 'a')
    await submit(node, 'b')
    await expect(submit(node, 'c')).rejects.toMatchObject({
      code: 'limit_exceeded',
      details: { limitName: 'openTasksMax' },
    })
    await node.service.tasks.cancel({ taskId: a, reason: 'make room' })
    await expect(submit(node, 'c')).resolves.toBe('c')
  })

  it('refuse what would be one agent too many', async () => {
    const cluster = new Cluster({ agentsMax: 1 })
    const node = await cluster.node()
    await anAgent('ada', node)
    await expect(new TestAgent('bob', node).register()).rejects.toMatchObject({ code: 'limit_exceeded' })
    await expect(new TestAgent('ada', node).register()).resolves.toBeUndefined()
  })
})
