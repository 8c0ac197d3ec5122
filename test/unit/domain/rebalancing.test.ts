import { describe, expect, it } from 'vitest'
import { type SwarmId, swarmId, taskId } from '#domain/model/ids.ts'
import { anAgent, Cluster, newTask, submit, TENANT, type TestNode } from './cluster.ts'

/** The nodes have to be the same for 5 s, then each takes one swarm a sweep of 500 ms. */
const BALANCED_MS = 30_000

const spec = (id: SwarmId) => ({
  swarmId: id,
  description: '',
  strategy: { kind: 'least_loaded' } as const,
  topology: { kind: 'mesh' } as const,
  leaseMs: 10_000,
  limits: { openTasksMax: 1_000, agentsMax: 100, eventsMax: 10_000 },
})

const createSwarms = async (cluster: Cluster, node: TestNode, count: number): Promise<void> => {
  for (let index = 1; index <= count; index += 1)
    await cluster.settle(node.directory.createSwarm(TENANT, spec(swarmId(`swarm-${index}`))))
}
const countsOf = (nodes: readonly TestNode[]): readonly number[] =>
  nodes.map(({ directory }) => directory.coordinated().length)

describe('swarms', () => {
  it('spread over nodes that join, each to as many, within a minute', async () => {
    const cluster = new Cluster()
    const first = await cluster.node({ isAlone: false })
    await createSwarms(cluster, first, 8)
    expect(countsOf([first])).toEqual([9])
    const second = await cluster.node({ isAlone: false })
    const third = await cluster.node({ isAlone: false })
    await cluster.pass(BALANCED_MS)
    expect(countsOf([first, second, third])).toEqual([3, 3, 3])
    await cluster.pass(BALANCED_MS)
    expect(countsOf([first, second, third])).toEqual([3, 3, 3])
  })

  it('do not move while nodes come and go', async () => {
    const cluster = new Cluster()
    const first = await cluster.node({ isAlone: false })
    await createSwarms(cluster, first, 4)
    for (let come = 0; come < 5; come += 1) {
      const other = await cluster.node({ isAlone: false })
      await cluster.pass(2_000)
      other.die()
      await cluster.pass(2_500)
    }
    expect(countsOf([first])).toEqual([5])
  })

  it('with open work stay where others can go', async () => {
    const cluster = new Cluster()
    const first = await cluster.node({ isAlone: false })
    await createSwarms(cluster, first, 3)
    await submit(first, 'later', { delayMs: 3_600_000 })
    const second = await cluster.node({ isAlone: false })
    await cluster.pass(BALANCED_MS)
    expect(countsOf([first, second])).toEqual([2, 2])
    expect(first.swarm.gateway.orchestrator).toBeDefined()
  })

  it('lose nothing where they move', async () => {
    const cluster = new Cluster()
    const first = await cluster.node({ isAlone: false })
    const second = await cluster.node({ isAlone: false })
    const ada = await anAgent('ada', first)
    await submit(first, 'held')
    await cluster.pass(0)
    await submit(first, 'waiting')
    const [held] = ada.assignments
    await cluster.settle(first.swarm.handOver(second.infra.coordination.nodeId))
    await cluster.settle(ada.attach([held!]))
    await cluster.settle(ada.complete(held!))
    await cluster.pass(0)
    expect(await second.swarm.reader.task(held!.taskId)).toMatchObject({ status: 'completed', attempt: 1 })
    expect(ada.assignments).toMatchObject([{ taskId: 'waiting' }])
  })

  it('are never without a coordinator for a call that comes during a move', async () => {
    const cluster = new Cluster()
    const first = await cluster.node({ isAlone: false })
    const second = await cluster.node({ isAlone: false })
    await cluster.pass(1_000)
    const [from, to] = first.swarm.gateway.orchestrator === undefined ? [second, first] : [first, second]
    const moved = from.swarm.handOver(to.infra.coordination.nodeId)
    const submitted = from.service.tasks.submit({ tasks: [newTask('meanwhile')] })
    await cluster.settle(moved)
    await cluster.settle(submitted)
    expect(await to.swarm.reader.task(taskId('meanwhile'))).toMatchObject({ phase: 'queued' })
  })
})
