import { describe, expect, it } from 'vitest'
import type { TaskSpec } from '#domain/model/task-record.ts'
import { anAgent, Cluster, submit } from './cluster.ts'

async function withFailedDependency(onDependencyFailure: TaskSpec['onDependencyFailure']) {
  const cluster = new Cluster()
  const node = await cluster.node()
  const bad = await submit(node, 'bad')
  const good = await submit(node, 'good')
  const last = await submit(node, 'last', { dependsOn: [bad, good], onDependencyFailure })
  const ada = await anAgent('ada', node)
  await cluster.pass(0)
  await ada.fail(ada.assignments[0]!, 'fail')
  await cluster.pass(0)
  const between = await node.swarm.reader.task(last)
  await ada.complete(ada.assignments[1]!)
  await cluster.pass(0)
  return { between, after: await node.swarm.reader.task(last) }
}

describe('a task whose dependency fails', () => {
  it('fails by default', async () => {
    const { after } = await withFailedDependency(undefined)
    expect(after).toMatchObject({ status: 'failed', failure: { code: 'dependency_failed' } })
  })

  it('is canceled where it asked to be skipped', async () => {
    const { after } = await withFailedDependency('skip')
    expect(after).toMatchObject({ status: 'canceled' })
  })

  it('runs once all it depends on is over, where it asked to', async () => {
    const { between, after } = await withFailedDependency('run')
    expect(between.phase).toBe('blocked')
    expect(after.phase).toBe('assigned')
  })
})
