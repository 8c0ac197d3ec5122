import { describe, expect, it } from 'vitest'
import type { EventCursor } from '#domain/communication/event-reader.ts'
import type { StepFault } from '#simulation/memory/memory-swarm-store.ts'
import { anAgent, Cluster, newTask, submit } from './cluster.ts'

/** A cluster whose store can be told what to do with each of the next steps. */
function clusterWithFaults() {
  const faults: (StepFault['fail'] | undefined)[] = []
  const cluster = new Cluster({
    faultFor: () => {
      const fail = faults.shift()
      return fail === undefined ? undefined : { fail }
    },
  })
  return { cluster, faults }
}

describe('a step that was committed though its answer was lost', () => {
  it('counts when a task waits for another that failed: what waits behind it is told', async () => {
    const { cluster, faults } = clusterWithFaults()
    const node = await cluster.node()
    const a = await submit(node, 'a')
    const b = await submit(node, 'b', { dependsOn: [a] })
    const c = await submit(node, 'c', { dependsOn: [b] })
    // The cancel, the look at what waits, and then its failing unanswered.
    faults.push(undefined, undefined, 'after_commit')
    await node.service.tasks.cancel({ taskId: a, reason: 'no' })
    await cluster.pass(2_000)
    expect(await node.swarm.reader.task(c)).toMatchObject({
      status: 'failed',
      failure: { code: 'dependency_failed' },
    })
    expect(await node.service.swarm.monitor()).toMatchObject({ openTasks: 0 })
  })

  it('counts when it was an assignment: the task is handed over anew, and no attempt is used up', async () => {
    const { cluster, faults } = clusterWithFaults()
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    faults.push(undefined, 'after_commit')
    const id = await submit(node, 'a', { maxAttempts: 1, delayMs: 10 })
    await cluster.pass(1_000)
    expect(ada.assignments).toMatchObject([{ taskId: id, attempt: 1 }])
    await ada.complete(ada.assignments[0]!)
    expect(await node.swarm.reader.task(id)).toMatchObject({ status: 'completed' })
    expect(await node.service.swarm.monitor()).toMatchObject({ openTasks: 0, slotsBusy: 0 })
  })

  it('counts when it was a submit: the task runs, and asking again finds it', async () => {
    const { cluster, faults } = clusterWithFaults()
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    const idempotency = { key: 'k', fingerprint: 'f' }
    faults.push('after_commit')
    await expect(node.service.tasks.submit({ tasks: [newTask('a')], idempotency })).rejects.toMatchObject({
      code: 'store_unavailable',
    })
    expect(await node.service.tasks.submit({ tasks: [newTask('b')], idempotency })).toMatchObject({
      isReplay: true,
      tasks: [{ taskId: 'a' }],
    })
    await cluster.pass(2_000)
    await ada.complete(ada.assignments[0]!)
    expect(await node.service.swarm.monitor()).toMatchObject({ openTasks: 0 })
  })

  it('counts when it was a submit that was an assignment too: the task is handed over anew', async () => {
    const { cluster, faults } = clusterWithFaults()
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    faults.push('after_commit')
    const task = newTask('a', { maxAttempts: 1 })
    const request = { tasks: [task], idempotency: { key: 'k', fingerprint: 'f' } }
    await expect(node.service.tasks.submit(request)).rejects.toMatchObject({ code: 'store_unavailable' })
    expect(await node.swarm.reader.task(task.taskId)).toMatchObject({ phase: 'assigned' })
    expect(ada.assignments).toEqual([])
    await cluster.pass(2_000)
    expect(ada.assignments).toMatchObject([{ taskId: 'a', attempt: 1 }])
    await ada.complete(ada.assignments[0]!)
    expect(await node.service.swarm.monitor()).toMatchObject({ openTasks: 0, slotsBusy: 0 })
  })

  it('counts when it was the leave of an agent that nobody repeats: it is removed', async () => {
    const { cluster, faults } = clusterWithFaults()
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    faults.push('after_commit')
    await expect(node.service.agents.deregister({ agentId: ada.id })).rejects.toMatchObject({
      code: 'store_unavailable',
    })
    await cluster.pass(2_000)
    await expect(node.swarm.reader.agent(ada.id)).rejects.toMatchObject({ code: 'agent_not_found' })
  })

  it('counts when it was a change of an agent: it is given work by what is stored', async () => {
    const { cluster, faults } = clusterWithFaults()
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    faults.push('after_commit')
    const change = node.service.agents.patch({ agentId: ada.id, spec: { slots: 2 } })
    await expect(change).rejects.toMatchObject({ code: 'store_unavailable' })
    await cluster.pass(2_000)
    for (const id of ['a', 'b']) await submit(node, id)
    await cluster.pass(0)
    expect(ada.assignments).toHaveLength(2)
  })

  it('counts when it was a cancel that nobody repeats: all below it is canceled too', async () => {
    const { cluster, faults } = clusterWithFaults()
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    const parent = await submit(node, 'parent')
    await cluster.pass(0)
    const child = await submit(node, 'child', { parentTaskId: parent })
    faults.push('after_commit')
    await expect(node.service.tasks.cancel({ taskId: parent, reason: 'no' })).rejects.toMatchObject({
      code: 'store_unavailable',
    })
    await cluster.pass(1_000)
    expect(await node.swarm.reader.task(child)).toMatchObject({ status: 'canceled' })
    expect(await node.service.swarm.monitor()).toMatchObject({ openTasks: 0, slotsBusy: 0 })
    expect(
      await ada.service.agents.heartbeat({ agentId: ada.id, sessionId: ada.session, held: ada.assignments }),
    ).toMatchObject({
      lost: [parent],
    })
  })

  it('is not taken for a lost tail by a reader who has seen more than this node', async () => {
    const { cluster, faults } = clusterWithFaults()
    const node = await cluster.node()
    faults.push('after_commit')
    await expect(submit(node, 'a')).rejects.toMatchObject({ code: 'store_unavailable' })
    const { events, lastSequence } = await node.infra.store.readEvents(node.swarm.scope, 0, 100)
    const cursor: EventCursor = { epoch: events.at(-1)!.epoch, sequence: lastSequence }
    expect(await node.swarm.events.page(cursor, 10, {})).toMatchObject({
      items: [],
      nextSequence: lastSequence,
    })
  })

  it('reaches those who read along, though nothing else is written', async () => {
    const { cluster, faults } = clusterWithFaults()
    const node = await cluster.node()
    const reader = node.swarm.events.reader({ sequence: 0 }, { subject: 'a' })
    const read = reader.next(10)
    await cluster.pass(0)
    faults.push('after_commit')
    await expect(submit(node, 'a')).rejects.toMatchObject({ code: 'store_unavailable' })
    await cluster.pass(1_000)
    expect(await read).toMatchObject([{ event: { type: 'task.submitted', subject: 'a' } }])
    reader.close()
  })
})
