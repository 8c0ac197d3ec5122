import { describe, expect, it } from 'vitest'
import { jsonText, taskId } from '#domain/model/ids.ts'
import type { NewTask } from '#domain/tasks/task-service.ts'
import { anAgent, Cluster, eventsOf, newTask, TestAgent, type TestNode } from '../domain/cluster.ts'

const RING = { kind: 'ring', direction: 'one_way' } as const
const STAGES = ['s1', 's2', 's3', 's4']

function pipeline(capability = 'review'): readonly NewTask[] {
  return STAGES.map((id, index) => {
    const before = STAGES[index - 1]
    const links = before === undefined ? {} : { dependsOn: [taskId(before)], inputFrom: taskId(before) }
    const spec = { capabilities: [capability], backoff: { baseMs: 1, factor: 1, maxMs: 1 }, ...links }
    return { ...newTask(id, spec), payload: jsonText(index === 0 ? '"in"' : 'null') }
  })
}

/** A ring of agents, of which c cannot do the work. */
async function aRing() {
  const cluster = new Cluster()
  const node = await cluster.node()
  await node.service.swarm.update({ topology: RING })
  const agents = new Map<string, TestAgent>()
  for (const name of ['a', 'b', 'c', 'd', 'e']) {
    const capabilities = name === 'c' ? [] : [{ name: 'review', proficiency: 1, cost: 1 }]
    agents.set(name, await anAgent(name, node, { capabilities }))
  }
  await cluster.pass(0)
  return { cluster, node, agents }
}

/** Whoever holds the stage completes it, with its input and its own name as the result. */
async function finish(
  agents: ReadonlyMap<string, TestAgent>,
  node: TestNode,
  stage: string,
): Promise<string> {
  for (const [name, agent] of agents) {
    const held = agent.assignments.findLast((assignment) => assignment.taskId === stage)
    if (held === undefined) continue
    const result = jsonText(JSON.stringify(`${JSON.parse(held.payload) as string}>${name}`))
    await node.service.tasks.complete({ ...agent.report(held), result })
    return name
  }
  throw new Error(`nobody holds ${stage}`)
}

describe('a pipeline', () => {
  it('goes from stage to stage round the ring, each output the next input, past those who cannot do it', async () => {
    const { cluster, node, agents } = await aRing()
    await node.service.tasks.submit({ tasks: pipeline() })
    await cluster.pass(0)
    const doneBy: string[] = []
    for (const stage of STAGES) {
      doneBy.push(await finish(agents, node, stage))
      await cluster.pass(0)
    }
    const ring = ['a', 'b', 'd', 'e']
    const first = ring.indexOf(doneBy[0]!)
    expect(doneBy).toEqual([...ring.slice(first), ...ring.slice(0, first)])
    expect(await node.swarm.reader.result(taskId('s4'))).toBe(JSON.stringify(['in', ...doneBy].join('>')))
    const completed = (await eventsOf(node)).filter(({ type }) => type === 'task.completed')
    expect(completed.map(({ subject }) => subject)).toEqual(STAGES)
    expect((await node.swarm.reader.decision(taskId('s2'))).reason).toContain(`after ${doneBy[0]}`)
  })

  it('has a stage done by the next living member where its agent is killed in the middle', async () => {
    const { cluster, node, agents } = await aRing()
    await node.service.tasks.submit({ tasks: pipeline() })
    await cluster.pass(0)
    const ring = ['a', 'b', 'd', 'e']
    const start = ring.indexOf(await finish(agents, node, 's1'))
    const nameAfter = (steps: number): string => ring[(start + steps) % ring.length]!
    await cluster.pass(0)
    await agents.get(nameAfter(1))?.detach()
    await cluster.pass(1_200)
    const doneBy: string[] = []
    for (const stage of STAGES.slice(1)) {
      doneBy.push(await finish(new Map([...agents].filter(([name]) => name !== nameAfter(1))), node, stage))
      await cluster.pass(0)
    }
    expect(doneBy).toEqual([nameAfter(2), nameAfter(3), nameAfter(4)])
    const completed = (await eventsOf(node)).filter(({ type }) => type === 'task.completed')
    expect(completed.map(({ subject }) => subject)).toEqual(STAGES)
  })

  it('goes on where it was after a restart, and keeps its stages when the topology is switched', async () => {
    const { cluster, node, agents } = await aRing()
    await node.service.tasks.submit({ tasks: pipeline() })
    await cluster.pass(0)
    const doneBy = await finish(agents, node, 's1')
    await node.service.swarm.update({ topology: { kind: 'hierarchical', branching: 2 } })
    node.die()
    const after = await cluster.node()
    await cluster.pass(3_000)
    const again = new Map<string, TestAgent>()
    for (const name of agents.keys()) {
      const agent = new TestAgent(name, after)
      again.set(name, agent)
      await agent.attach()
    }
    await cluster.pass(2_000)
    let output = ''
    for (const stage of STAGES.slice(1)) {
      output = await finish(again, after, stage)
      await cluster.pass(2_000)
    }
    expect(output).not.toBe('')
    const result = JSON.parse((await after.swarm.reader.result(taskId('s4'))) ?? '""') as string
    expect(result.split('>')).toHaveLength(5)
    expect(result).toMatch(new RegExp(`^in>${doneBy}>`))
  })

  it('ends with the stage that failed', async () => {
    const { cluster, node, agents } = await aRing()
    await node.service.tasks.submit({ tasks: pipeline() })
    await cluster.pass(0)
    const first = [...agents.values()].find(({ assignments }) => assignments.length > 0)!
    await first.fail(first.assignments[0]!, 'fail')
    await cluster.pass(0)
    const last = await node.swarm.reader.task(taskId('s4'))
    expect(last).toMatchObject({ status: 'failed', failure: { code: 'dependency_failed' } })
  })
})
