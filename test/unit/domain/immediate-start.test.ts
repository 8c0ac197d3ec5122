import { describe, expect, it } from 'vitest'
import { jsonText } from '#domain/model/ids.ts'
import type { StepFault } from '#simulation/memory/memory-swarm-store.ts'
import { anAgent, Cluster, eventTypes, httpAgent, newTask, submit, type TestNode } from './cluster.ts'

/** A cluster that counts its steps, and whose store can be told what to do with the next ones. */
function countingCluster() {
  const faults: StepFault[] = []
  const counted = { steps: 0 }
  const cluster = new Cluster({
    faultFor: () => {
      counted.steps += 1
      return faults.shift()
    },
  })
  return { cluster, counted, faults }
}

const phaseOf = async (node: TestNode, id: string): Promise<string> =>
  (await node.swarm.reader.task(newTask(id).taskId)).phase

describe('a task that can start at once', () => {
  it('is assigned in the step that accepts it, with the events that two steps would write', async () => {
    const { cluster, counted } = countingCluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    counted.steps = 0
    const { tasks } = await node.service.tasks.submit({ tasks: [newTask('a')] })
    expect(counted.steps).toBe(1)
    expect(tasks).toMatchObject([{ phase: 'assigned', status: 'submitted' }])
    expect(ada.assignments).toMatchObject([{ taskId: 'a', attempt: 1, payload: jsonText('{"file":"a.ts"}') }])
    expect(await eventTypes(node, 'a')).toEqual(['task.submitted', 'task.assigned'])
    expect(await node.swarm.reader.decision(tasks[0]!.taskId)).toMatchObject({
      agentId: 'ada',
      reason: 'the only capable agent with room',
    })
    await cluster.pass(1_000)
    expect(counted.steps).toBe(1)
  })

  it('answers an agent that waits for work over HTTP', async () => {
    const { cluster, counted } = countingCluster()
    const node = await cluster.node()
    const bob = await httpAgent('bob', node)
    const claim = bob.claim(1, 5_000)
    await cluster.pass(0)
    counted.steps = 0
    await submit(node, 'a')
    expect(counted.steps).toBe(1)
    expect(await claim).toMatchObject([{ taskId: 'a' }])
    expect(await phaseOf(node, 'a')).toBe('running')
  })

  it('leaves the others of its batch waiting where there is no room for all, the most urgent go first', async () => {
    const { cluster } = countingCluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node, { slots: 2 })
    const priorities = { late: 5, soon: 2, now: 1, some: 3 }
    const tasks = Object.entries(priorities).map(([id, priority]) => newTask(id, { priority }))
    await node.service.tasks.submit({ tasks })
    expect(ada.assignments.map(({ taskId }) => taskId).toSorted()).toEqual(['now', 'soon'])
    expect(await phaseOf(node, 'some')).toBe('queued')
    await ada.complete(ada.assignments[0]!)
    await cluster.pass(0)
    expect(ada.assignments.map(({ taskId }) => taskId).at(-1)).toBe('some')
  })

  it('goes behind a task that was submitted before and waits, even while that is being written', async () => {
    const { cluster, faults } = countingCluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    await submit(node, 'a')
    faults.push({ delayMs: 50 }, { delayMs: 100 })
    const ended = ada.complete(ada.assignments[0]!)
    await cluster.pass(0)
    const first = submit(node, 'first')
    await cluster.pass(50)
    await ended
    const second = submit(node, 'second')
    await cluster.pass(100)
    await Promise.all([first, second])
    await cluster.pass(0)
    expect(ada.assignments.map(({ taskId }) => taskId)).toEqual(['a', 'first'])
    expect(await phaseOf(node, 'second')).toBe('queued')
  })

  it('is not held up by waiting tasks that nobody can run', async () => {
    const { cluster, counted } = countingCluster()
    const node = await cluster.node()
    await anAgent('ada', node)
    await submit(node, 'odd', { capabilities: ['paint'] })
    await cluster.pass(0)
    counted.steps = 0
    await submit(node, 'a')
    expect(counted.steps).toBe(1)
    expect(await phaseOf(node, 'a')).toBe('assigned')
  })

  it.each([
    ['delayed', { delayMs: 1_000 }],
    ['blocked', { dependsOn: [newTask('b').taskId] }],
  ] as const)('is none that is %s', async (phase, spec) => {
    const { cluster } = countingCluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node, { slots: 2 })
    await submit(node, 'b')
    await submit(node, 'a', spec)
    expect(await phaseOf(node, 'a')).toBe(phase)
    expect(ada.assignments).toMatchObject([{ taskId: 'b' }])
  })
})

describe('room that is set aside for a submit', () => {
  it('is free again when the step fails', async () => {
    const { cluster, faults } = countingCluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    faults.push({ fail: 'before_commit' })
    await expect(submit(node, 'a')).rejects.toMatchObject({ code: 'store_unavailable' })
    await submit(node, 'b')
    await cluster.pass(1_000)
    expect(ada.assignments).toMatchObject([{ taskId: 'b' }])
    expect(await node.service.swarm.monitor()).toMatchObject({ openTasks: 1, slotsBusy: 1 })
  })

  it('is free again when the submit is refused, or was answered before', async () => {
    const { cluster } = countingCluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    const idempotency = { key: 'k', fingerprint: 'f' }
    await node.service.tasks.submit({ tasks: [newTask('a')], idempotency })
    await ada.complete(ada.assignments[0]!)
    await node.service.tasks.submit({ tasks: [newTask('again')], idempotency })
    const missing = [newTask('nowhere').taskId]
    const batch = [newTask('b'), newTask('c', { dependsOn: missing })]
    await expect(node.service.tasks.submit({ tasks: batch })).rejects.toMatchObject({
      code: 'dependency_not_found',
    })
    expect(await node.service.swarm.monitor()).toMatchObject({ openTasks: 0, slotsBusy: 0 })
    await submit(node, 'd')
    expect(ada.assignments.map(({ taskId }) => taskId)).toEqual(['a', 'd'])
  })

  it('counts for others while the step is written: no slot is given twice', async () => {
    const { cluster, faults } = countingCluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    faults.push({ delayMs: 100 })
    const submits = ['a', 'b', 'c'].map((id) => submit(node, id))
    await cluster.pass(200)
    await Promise.all(submits)
    expect(ada.assignments).toMatchObject([{ taskId: 'a' }])
    expect(await node.service.swarm.monitor()).toMatchObject({ slotsBusy: 1 })
  })

  it.each(['leaves', 'wants no more work'])('is not used when the agent %s meanwhile', async (what) => {
    const { cluster, faults } = countingCluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    faults.push({ delayMs: 100 })
    const submitted = submit(node, 'a')
    if (what === 'leaves') await ada.detach()
    else await node.service.agents.stopWork({ agentId: ada.id, sessionId: ada.session })
    await cluster.pass(100)
    await submitted
    expect(ada.assignments).toEqual([])
    expect(await phaseOf(node, 'a')).toBe('queued')
    const bob = await anAgent('bob', node)
    await cluster.pass(0)
    expect(bob.assignments).toMatchObject([{ taskId: 'a' }])
  })
})
