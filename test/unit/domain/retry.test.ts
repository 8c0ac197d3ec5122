import { describe, expect, it } from 'vitest'
import { jsonText, type TaskId, taskId } from '#domain/model/ids.ts'
import type { TaskRecord } from '#domain/model/task-record.ts'
import { anAgent, Cluster, newTask, submit, type TestAgent, type TestNode } from './cluster.ts'

const STAGES = ['s1', 's2', 's3'].map(taskId)
const ONCE = { maxAttempts: 1, timeoutMs: 600_000 }

async function aSwarm() {
  const cluster = new Cluster()
  const node = await cluster.node()
  const ada = await anAgent('ada', node)
  const retry = async (id: TaskId, newId: string, includeDependents = false): Promise<TaskRecord> => {
    const record = await node.service.tasks.retry({ taskId: id, newTaskId: taskId(newId), includeDependents })
    await cluster.pass(0)
    return record
  }
  return { cluster, node, ada, retry }
}

async function submitPipeline(cluster: Cluster, node: TestNode): Promise<void> {
  const tasks = STAGES.map((id, index) => {
    const before = STAGES[index - 1]
    const links = before === undefined ? {} : { dependsOn: [before], inputFrom: before }
    return { ...newTask(id, { ...ONCE, ...links }), payload: jsonText(index === 0 ? '"in"' : 'null') }
  })
  await node.service.tasks.submit({ tasks })
  await cluster.pass(0)
}

/** The agent ends what it was given last. */
async function end(cluster: Cluster, ada: TestAgent, how: 'complete' | 'fail'): Promise<void> {
  const held = ada.assignments.at(-1)!
  await (how === 'complete' ? ada.complete(held) : ada.fail(held, 'fail'))
  await cluster.pass(0)
}

const dependencyFailed = { status: 'failed', failure: { code: 'dependency_failed' } }

describe('the retry of a stage of a pipeline', () => {
  it('waits for the retry of the stage before it, and receives its result', async () => {
    const { cluster, node, ada, retry } = await aSwarm()
    await submitPipeline(cluster, node)
    await end(cluster, ada, 'fail')
    expect(await node.swarm.reader.task(STAGES[1]!)).toMatchObject(dependencyFailed)
    await retry(STAGES[0]!, 'r1')
    expect(await retry(STAGES[1]!, 'r2')).toMatchObject({
      phase: 'blocked',
      retryOf: 's2',
      spec: { dependsOn: ['r1'], inputFrom: 'r1' },
    })
    expect(await node.swarm.reader.task(STAGES[1]!)).toMatchObject({ retriedAs: 'r2' })
    expect(ada.assignments.at(-1)).toMatchObject({ taskId: 'r1', payload: '"in"' })
    await end(cluster, ada, 'complete')
    expect(ada.assignments.at(-1)).toMatchObject({ taskId: 'r2', payload: '"done"' })
  })

  it('receives again what the stage received, where that one ran and failed', async () => {
    const { cluster, node, ada, retry } = await aSwarm()
    await submitPipeline(cluster, node)
    await end(cluster, ada, 'complete')
    await end(cluster, ada, 'fail')
    await retry(STAGES[1]!, 'r2')
    expect(ada.assignments.at(-1)).toMatchObject({ taskId: 'r2', payload: '"done"' })
    expect(await node.swarm.reader.task(taskId('r2'))).toMatchObject({ previousAgentId: 'ada' })
  })

  it('revives those behind it, each with the result of the one before', async () => {
    const { cluster, node, ada, retry } = await aSwarm()
    await submitPipeline(cluster, node)
    await end(cluster, ada, 'fail')
    await retry(STAGES[0]!, 'r', true)
    const behind = ['r-1', 'r-2'].map(taskId)
    for (const [index, id] of behind.entries())
      expect(await node.swarm.reader.task(id)).toMatchObject({ phase: 'blocked', retryOf: STAGES[index + 1] })
    for (const id of ['r', ...behind]) {
      expect(ada.assignments.at(-1)).toMatchObject({ taskId: id, payload: id === 'r' ? '"in"' : '"done"' })
      await end(cluster, ada, 'complete')
    }
    expect(await node.swarm.reader.task(behind[1]!)).toMatchObject({ status: 'completed' })
    expect(await node.service.swarm.monitor()).toMatchObject({ openTasks: 0 })
  })

  it('makes each task once when the call is repeated', async () => {
    const { cluster, node, ada, retry } = await aSwarm()
    await submitPipeline(cluster, node)
    await end(cluster, ada, 'fail')
    await Promise.all([retry(STAGES[0]!, 'r', true), retry(STAGES[0]!, 'r', true)])
    const { items } = await node.swarm.reader.tasks({}, { pageSize: 100 })
    expect(items.map((task) => task.taskId).toSorted()).toEqual(['r', 'r-1', 'r-2', ...STAGES])
  })
})

describe('the retry of a task', () => {
  it('waits for what is still open of what the first one waited for', async () => {
    const { cluster, node, ada, retry } = await aSwarm()
    const a = await submit(node, 'a', ONCE)
    const b = await submit(node, 'b', { ...ONCE, capabilities: ['nobody'] })
    const c = await submit(node, 'c', { ...ONCE, dependsOn: [a, b] })
    await cluster.pass(0)
    await end(cluster, ada, 'fail')
    expect(await node.swarm.reader.task(c)).toMatchObject(dependencyFailed)
    await retry(a, 'a2', true)
    expect(await node.swarm.reader.task(taskId('a2-1'))).toMatchObject({
      phase: 'blocked',
      spec: { dependsOn: ['a2', 'b'] },
    })
    await end(cluster, ada, 'complete')
    expect(ada.assignments.at(-1)).toMatchObject({ taskId: 'a2' })
    const bob = await anAgent('bob', node, { capabilities: [{ name: 'nobody', proficiency: 1, cost: 1 }] })
    await cluster.pass(0)
    await end(cluster, bob, 'complete')
    expect(ada.assignments.at(-1)).toMatchObject({ taskId: 'a2-1' })
  })

  it('fails as the first one did, while what it depends on has failed and was not retried', async () => {
    const { cluster, node, ada, retry } = await aSwarm()
    const a = await submit(node, 'a', ONCE)
    const b = await submit(node, 'b', { dependsOn: [a] })
    await cluster.pass(0)
    await end(cluster, ada, 'fail')
    await retry(b, 'b2')
    expect(await node.swarm.reader.task(taskId('b2'))).toMatchObject(dependencyFailed)
    // The retry of what failed revives the newest try of what failed with it, and no other.
    await retry(a, 'a2', true)
    expect(await node.swarm.reader.task(taskId('a2-1'))).toMatchObject({ phase: 'blocked', retryOf: 'b2' })
    await expect(node.swarm.reader.task(taskId('a2-2'))).rejects.toMatchObject({ code: 'task_not_found' })
  })

  it('needs nothing of dependencies that were completed and are forgotten', async () => {
    const MINUTE_MS = 60_000
    const cluster = new Cluster({
      orchestrator: { retentionEveryMs: MINUTE_MS, taskRetentionMs: 5 * MINUTE_MS },
    })
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    await submitPipeline(cluster, node)
    await end(cluster, ada, 'complete')
    for (let passed = 0; passed < 3; passed += 1) {
      for (let second = 0; second < 60; second += 3) {
        await ada.heartbeat(ada.assignments)
        await cluster.pass(3_000)
      }
      if (passed === 1) await end(cluster, ada, 'fail')
    }
    for (let second = 0; second < 180; second += 3) {
      await ada.heartbeat()
      await cluster.pass(3_000)
    }
    await expect(node.swarm.reader.task(STAGES[0]!)).rejects.toMatchObject({ code: 'task_not_found' })
    await node.service.tasks.retry({ taskId: STAGES[1]!, newTaskId: taskId('r2'), includeDependents: true })
    await cluster.pass(0)
    expect(ada.assignments.at(-1)).toMatchObject({ taskId: 'r2', payload: '"done"' })
    expect(await node.swarm.reader.task(taskId('r2'))).toMatchObject({ previousAgentId: 'ada' })
  })

  it('is part of what the first one was part of, while that is open', async () => {
    const { cluster, node, ada, retry } = await aSwarm()
    const parent = await submit(node, 'parent', { capabilities: ['nobody'] })
    const child = await submit(node, 'child', { ...ONCE, parentTaskId: parent })
    await cluster.pass(0)
    await end(cluster, ada, 'fail')
    await retry(child, 'child2')
    await node.service.tasks.cancel({ taskId: parent, reason: 'no' })
    expect(await node.swarm.reader.task(taskId('child2'))).toMatchObject({ status: 'canceled' })
    await retry(child, 'child3')
    expect((await node.swarm.reader.task(taskId('child3'))).spec.parentTaskId).toBeUndefined()
  })
})
