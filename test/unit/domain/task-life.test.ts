import { describe, expect, it } from 'vitest'
import { jsonText, taskId } from '#domain/model/ids.ts'
import { anAgent, Cluster, eventsOf, eventTypes, LEASE_MS, submit } from './cluster.ts'

describe('the life of a task', () => {
  it('leads from submit over the channel to its completion, with an event for each step', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    const id = await submit(node, 't1')
    await cluster.pass(0)

    const [assignment] = ada.assignments
    expect(assignment).toMatchObject({
      taskId: id,
      attempt: 1,
      leaseMs: LEASE_MS,
      payload: '{"file":"a.ts"}',
    })
    await node.service.tasks.accept(ada.report(assignment!))
    await node.service.tasks.progress({ ...ada.report(assignment!), ratio: 0.5 })
    expect(await node.swarm.reader.task(id)).toMatchObject({
      status: 'working',
      phase: 'running',
      progress: { ratio: 0.5 },
    })
    await ada.complete(assignment!)

    expect(await node.swarm.reader.task(id)).toMatchObject({
      status: 'completed',
      phase: 'done',
      hasResult: true,
    })
    expect(await node.swarm.reader.result(id)).toBe('"done"')
    expect(await eventTypes(node, id)).toEqual([
      'task.submitted',
      'task.assigned',
      'task.started',
      'task.progress',
      'task.completed',
    ])
    const sequences = (await eventsOf(node)).map(({ sequence }) => sequence)
    expect(sequences).toEqual(sequences.map((_, index) => index + 1))
    expect(node.logger.messages('error')).toEqual([])
  })

  it('explains each assignment by its candidates', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    await anAgent('ada', node)
    await anAgent('bob', node, { slots: 2 })
    const id = await submit(node, 't1')
    await cluster.pass(0)
    expect(await node.swarm.reader.decision(id)).toMatchObject({
      taskId: id,
      attempt: 1,
      strategy: 'least_loaded',
      candidateCount: 2,
      candidates: [{ score: 0 }, { score: 0 }],
    })
  })

  it('goes to an agent that can do it, and waits while there is none', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    const id = await submit(node, 't1', { capabilities: ['review', 'rust'] })
    await cluster.pass(1_000)
    expect(ada.assignments).toEqual([])
    const bob = await anAgent('bob', node, {
      capabilities: [
        { name: 'rust', proficiency: 1, cost: 1 },
        { name: 'review', proficiency: 1, cost: 1 },
      ],
    })
    await cluster.pass(0)
    expect(bob.assignments.map(({ taskId }) => taskId)).toEqual([id])
  })

  it('comes back after a failure, later each time, and ends as a dead letter when its attempts are used up', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    const id = await submit(node, 't1', {
      maxAttempts: 3,
      backoff: { baseMs: 1_000, factor: 2, maxMs: 60_000 },
    })
    const waits: number[] = []
    for (const attempt of [1, 2, 3]) {
      const from = cluster.clock.monotonic()
      while (ada.assignments.length < attempt) await cluster.pass(10)
      waits.push(cluster.clock.monotonic() - from)
      await ada.fail(ada.assignments[attempt - 1]!)
    }
    expect(waits[1]).toBeGreaterThanOrEqual(500)
    expect(waits[1]).toBeLessThanOrEqual(1_010)
    expect(waits[2]).toBeGreaterThanOrEqual(1_000)
    expect(waits[2]).toBeLessThanOrEqual(2_010)
    expect(await node.swarm.reader.task(id)).toMatchObject({
      status: 'failed',
      phase: 'dead_letter',
      failure: { code: 'broken' },
      attempts: [{ outcome: 'failed' }, { outcome: 'failed' }, { outcome: 'failed' }],
    })
  })

  it.each([
    ['fail', { status: 'failed', phase: 'done' }],
    ['reject', { status: 'rejected', phase: 'done' }],
  ] as const)('ends at once where the agent says %s', async (kind, expected) => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    const id = await submit(node, 't1')
    await cluster.pass(0)
    await ada.fail(ada.assignments[0]!, kind)
    expect(await node.swarm.reader.task(id)).toMatchObject(expected)
  })

  it('goes to the next agent without using up an attempt when it is released', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    const id = await submit(node, 't1', { maxAttempts: 1 })
    await cluster.pass(0)
    const [first] = ada.assignments
    await node.service.tasks.release({ ...ada.report(first!), reason: 'busy' })
    await cluster.pass(0)
    const [, second] = ada.assignments
    expect(second).toMatchObject({ taskId: id, attempt: 1 })
    expect(second!.fencingToken).toBeGreaterThan(first!.fencingToken)
  })

  it('tells an agent whose report is refused that the task was canceled', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    const task = await submit(node, 'unwanted')
    await cluster.pass(0)
    await node.service.tasks.cancel({ taskId: task, reason: 'no use' })
    await expect(ada.accept(ada.assignments[0]!)).rejects.toMatchObject({
      code: 'lease_lost',
      details: { heldBy: null, status: 'canceled' },
    })
  })

  it('waits for its delay and fails at its deadline, whatever it is doing', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    const deadlineAt = (cluster.clock.now() + 5_000) as ReturnType<typeof cluster.clock.now>
    const delayed = await submit(node, 'delayed', { delayMs: 2_000, deadlineAt })
    expect(await node.swarm.reader.task(delayed)).toMatchObject({ phase: 'delayed' })
    await cluster.pass(1_999)
    expect(ada.assignments).toEqual([])
    await cluster.pass(1)
    expect(ada.assignments).toHaveLength(1)
    await cluster.pass(3_000)
    expect(await node.swarm.reader.task(delayed)).toMatchObject({
      status: 'failed',
      failure: { code: 'deadline_exceeded' },
    })
    expect(ada.told.at(-1)).toMatchObject({ type: 'revoked', held: { taskId: delayed } })
    await expect(ada.complete(ada.assignments[0]!)).rejects.toMatchObject({
      code: 'lease_lost',
      details: { heldBy: null, status: 'failed' },
    })
  })

  it('is refused once its deadline has passed', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    await expect(submit(node, 'late', { deadlineAt: cluster.clock.now() })).rejects.toMatchObject({
      code: 'deadline_passed',
    })
  })

  it('fails its attempt after timeoutMs, however often the lease is renewed', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    const id = await submit(node, 't1', { timeoutMs: 12_000, maxAttempts: 1 })
    await cluster.pass(0)
    for (let passed = 0; passed < 12_000; passed += 2_000) {
      await ada.heartbeat(ada.assignments)
      await cluster.pass(2_000)
    }
    expect(await node.swarm.reader.task(id)).toMatchObject({
      phase: 'dead_letter',
      failure: { code: 'timeout' },
    })
  })

  it('is taken in again as a new task by retry', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    const id = await submit(node, 't1')
    await expect(
      node.service.tasks.retry({ taskId: id, newTaskId: taskId('t2'), includeDependents: true }),
    ).rejects.toMatchObject({
      code: 'task_not_finished',
    })
    await cluster.pass(0)
    await ada.fail(ada.assignments[0]!, 'fail')
    expect(
      await node.service.tasks.retry({ taskId: id, newTaskId: taskId('t2'), includeDependents: true }),
    ).toMatchObject({
      retryOf: id,
      taskId: 't2',
      phase: 'assigned',
    })
    await cluster.pass(0)
    expect(ada.assignments[1]).toMatchObject({ taskId: 't2', payload: '{"file":"a.ts"}' })
  })
})

describe('what an agent says of a task', () => {
  it('is refused under a stale token and changes nothing', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    const id = await submit(node, 't1')
    await cluster.pass(0)
    const [first] = ada.assignments
    await ada.accept(first!)
    await cluster.pass(LEASE_MS + 2_000)
    await ada.heartbeat()
    await cluster.pass(0)
    const second = ada.assignments.at(-1)!
    expect(second.fencingToken).toBeGreaterThan(first!.fencingToken)
    await expect(ada.complete(first!)).rejects.toMatchObject({
      code: 'lease_lost',
      details: { heldBy: 'ada' },
    })
    await expect(node.service.tasks.progress({ ...ada.report(first!), ratio: 1 })).rejects.toMatchObject({
      code: 'lease_lost',
    })
    expect(await node.swarm.reader.task(id)).toMatchObject({ phase: 'assigned', attempt: 2 })
    await ada.complete(second)
    await expect(ada.complete(first!)).rejects.toMatchObject({ code: 'lease_lost' })
  })

  it('may be said again: a repeated completion is answered as the first', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    const id = await submit(node, 't1')
    await cluster.pass(0)
    const done = await ada.complete(ada.assignments[0]!)
    expect(
      await node.service.tasks.complete({ ...ada.report(ada.assignments[0]!), result: jsonText('"other"') }),
    ).toEqual(done)
    expect(await node.swarm.reader.result(id)).toBe('"done"')
    expect((await eventTypes(node, id)).filter((type) => type === 'task.completed')).toHaveLength(1)
  })
})
