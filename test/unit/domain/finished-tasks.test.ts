import { describe, expect, it } from 'vitest'
import type { TaskId } from '#domain/model/ids.ts'
import { Cluster, newTask, SCOPE, submit, type TestNode } from './cluster.ts'

const EVERY_MS = 10_000
const nobody = { capabilities: ['nobody'] }
const idOf = (index: number): string => `t-${String(index).padStart(6, '0')}`

/** Submits tasks that nobody can do, and ends them. */
async function finishMany(node: TestNode, from: number, to: number): Promise<void> {
  for (let first = from; first < to; first += 500) {
    const ids = Array.from({ length: Math.min(500, to - first) }, (_, index) => idOf(first + index))
    const { tasks } = await node.service.tasks.submit({ tasks: ids.map((id) => newTask(id, nobody)) })
    await Promise.all(tasks.map(({ taskId }) => node.service.tasks.cancel({ taskId, reason: 'done' })))
  }
}

function keptTasks(cluster: Cluster): readonly string[] {
  const names = [...cluster.medium.scope(SCOPE).records.keys()].filter((name) => name.startsWith('task/'))
  return names.map((name) => name.slice('task/'.length)).toSorted()
}

describe('finished tasks', () => {
  it('leave as fast as they end, however many', async () => {
    const cluster = new Cluster({
      orchestrator: { retentionEveryMs: EVERY_MS, taskRetentionMs: 5_000, finishedTasksMax: 1_000_000 },
    })
    const node = await cluster.node()
    await finishMany(node, 0, 3_000)
    // One sweep, in as many turns as it needs.
    await cluster.pass(EVERY_MS)
    for (let turn = 0; turn < 500 && keptTasks(cluster).length > 0; turn += 1) await cluster.pass(0)
    expect(keptTasks(cluster)).toEqual([])
  })

  it('leave by count, the oldest first, and open ones stay', async () => {
    const cluster = new Cluster({ orchestrator: { retentionEveryMs: EVERY_MS, finishedTasksMax: 300 } })
    const node = await cluster.node()
    const open = await submit(node, idOf(0), nobody)
    await finishMany(node, 1, 1_001)
    await cluster.pass(EVERY_MS)
    expect(keptTasks(cluster)).toEqual([
      open,
      ...Array.from({ length: 300 }, (_, index) => idOf(701 + index)),
    ])
    await finishMany(node, 1_001, 1_101)
    await cluster.pass(EVERY_MS)
    expect(keptTasks(cluster)).toHaveLength(301)
    await node.service.tasks.cancel({ taskId: open, reason: 'done' })
    await finishMany(node, 1_101, 1_201)
    await cluster.pass(2 * EVERY_MS)
    expect(keptTasks(cluster)).toHaveLength(300)
  })

  it('that end long after their neighbours left do so too', async () => {
    const cluster = new Cluster({ orchestrator: { retentionEveryMs: EVERY_MS, taskRetentionMs: 60_000 } })
    const node = await cluster.node()
    const late = await submit(node, idOf(0), nobody)
    await finishMany(node, 1, 1_001)
    await cluster.pass(60_000 + EVERY_MS)
    expect(keptTasks(cluster)).toEqual([late])
    await finishMany(node, 1_001, 1_500)
    await node.service.tasks.cancel({ taskId: late, reason: 'done' })
    await cluster.pass(600_000 + 2 * EVERY_MS)
    expect(keptTasks(cluster)).toEqual([])
  })

  it('are counted again by the next coordinating node', async () => {
    const cluster = new Cluster({ orchestrator: { retentionEveryMs: EVERY_MS, finishedTasksMax: 100 } })
    const first = await cluster.node()
    await finishMany(first, 0, 500)
    first.die()
    await cluster.node()
    await cluster.pass(2 * EVERY_MS)
    expect(keptTasks(cluster)).toHaveLength(100)
  })

  it('are not answered for when an Idempotency-Key that outlives them comes again', async () => {
    const cluster = new Cluster({ orchestrator: { retentionEveryMs: EVERY_MS, finishedTasksMax: 0 } })
    const node = await cluster.node()
    const idempotency = { key: 'k', fingerprint: 'f' }
    const task = newTask('a', nobody)
    await node.service.tasks.submit({ tasks: [task], idempotency })
    await node.service.tasks.cancel({ taskId: 'a' as TaskId, reason: 'done' })
    await cluster.pass(EVERY_MS)
    await expect(
      node.service.tasks.submit({ tasks: [newTask('b', nobody)], idempotency }),
    ).rejects.toMatchObject({
      code: 'task_not_found',
    })
  })
})
