import { describe, expect, it } from 'vitest'
import { jsonText } from '#domain/model/ids.ts'
import { TASK_RECORDS } from '#domain/model/task-kinds.ts'
import type { StepFault } from '#simulation/memory/memory-swarm-store.ts'
import {
  anAgent,
  Cluster,
  eventTypes,
  newTask,
  SCOPE,
  submit,
  type TestAgent,
  type TestNode,
} from './cluster.ts'

/** An agent with one slot that works on `a`, and what waits behind it. */
async function busyAgent(
  waiting: readonly string[],
  priorities: Readonly<Record<string, number>> = {},
  failuresMax = 5,
) {
  const faults: StepFault[] = []
  const counted = { steps: 0 }
  const cluster = new Cluster({
    orchestrator: { breaker: { failuresMax, cooldownMs: 2_000 } },
    faultFor: () => {
      counted.steps += 1
      return faults.shift()
    },
  })
  const node = await cluster.node()
  const ada = await anAgent('ada', node)
  for (const id of ['a', ...waiting]) await submit(node, id, { priority: priorities[id] ?? 3 })
  await cluster.pass(0)
  counted.steps = 0
  return { cluster, node, ada, faults, counted }
}

const given = (agent: TestAgent): readonly string[] => agent.assignments.map(({ taskId }) => taskId)

const phaseOf = async (node: TestNode, id: string): Promise<string> =>
  (await node.swarm.reader.task(newTask(id).taskId)).phase

const release = (agent: TestAgent): Promise<unknown> =>
  agent.service.tasks.release({ ...agent.report(agent.assignments[0]!), reason: 'no' })

describe("an agent's next task", () => {
  it('is assigned in the step that completes the present one, and is there before its answer', async () => {
    const { node, ada, counted } = await busyAgent(['b', 'c'])
    await ada.complete(ada.assignments[0]!)
    expect(given(ada)).toEqual(['a', 'b'])
    expect(counted.steps).toBe(1)
    expect(await eventTypes(node, 'b')).toEqual(['task.submitted', 'task.assigned'])
    await ada.complete(ada.assignments[1]!)
    expect(given(ada)).toEqual(['a', 'b', 'c'])
    expect(counted.steps).toBe(2)
  })

  it('is the most urgent one', async () => {
    const { ada } = await busyAgent(['late', 'soon'], { late: 5, soon: 1 })
    await ada.complete(ada.assignments[0]!)
    expect(given(ada)).toEqual(['a', 'soon'])
  })

  it('follows a failure, and the task that failed waits its turn', async () => {
    const { cluster, node, ada, counted } = await busyAgent(['b'])
    await ada.fail(ada.assignments[0]!)
    expect(given(ada)).toEqual(['a', 'b'])
    expect(counted.steps).toBe(1)
    expect(await phaseOf(node, 'a')).toBe('retrying')
    await ada.complete(ada.assignments[1]!)
    await cluster.pass(60_000)
    expect(given(ada)).toEqual(['a', 'b', 'a'])
  })

  it('is not the one that was released where that goes first, and is where it does not', async () => {
    const first = await busyAgent(['b'], { a: 1, b: 5 })
    await release(first.ada)
    await first.cluster.pass(0)
    expect(given(first.ada)).toEqual(['a', 'a'])
    const later = await busyAgent(['b'], { a: 5, b: 1 })
    await release(later.ada)
    await later.cluster.pass(0)
    expect(given(later.ada)).toEqual(['a', 'b'])
    expect(await phaseOf(later.node, 'a')).toBe('queued')
  })

  it('is not handed over with a stale report, nor twice with a repeated one', async () => {
    const { cluster, node, ada, counted } = await busyAgent(['b', 'c'])
    const held = ada.assignments[0]!
    const stale = { ...held, fencingToken: (held.fencingToken + 1) as typeof held.fencingToken }
    await expect(ada.complete(stale)).rejects.toMatchObject({ code: 'lease_lost' })
    await cluster.pass(0)
    expect(given(ada)).toEqual(['a'])
    await Promise.all([ada.complete(held), ada.complete(held)])
    await cluster.pass(0)
    expect(given(ada)).toEqual(['a', 'b'])
    expect(await phaseOf(node, 'c')).toBe('queued')
    await ada.complete(ada.assignments[1]!)
    expect(given(ada)).toEqual(['a', 'b', 'c'])
    expect(counted.steps).toBeLessThan(10)
  })

  it('waits on where the step fails, and is handed over with the repeated report', async () => {
    const { cluster, ada, faults } = await busyAgent(['b'])
    faults.push({ fail: 'before_commit' })
    await expect(ada.complete(ada.assignments[0]!)).rejects.toMatchObject({ code: 'store_unavailable' })
    await cluster.pass(1_000)
    expect(given(ada)).toEqual(['a'])
    await ada.complete(ada.assignments[0]!)
    expect(given(ada)).toEqual(['a', 'b'])
  })

  it('is handed over anew where the answer of the step was lost', async () => {
    const { cluster, node, ada, faults } = await busyAgent(['b'])
    faults.push({ fail: 'after_commit' })
    await expect(ada.complete(ada.assignments[0]!)).rejects.toMatchObject({ code: 'store_unavailable' })
    expect(await phaseOf(node, 'b')).toBe('assigned')
    await ada.complete(ada.assignments[0]!)
    await cluster.pass(2_000)
    expect(given(ada)).toEqual(['a', 'b'])
    await ada.complete(ada.assignments[1]!)
    expect(await node.service.swarm.monitor()).toMatchObject({ openTasks: 0, slotsBusy: 0 })
  })

  it.each(['wants no more', 'is draining'])('is not given to an agent that %s', async (what) => {
    const { cluster, node, ada } = await busyAgent(['b'])
    const { id: agentId, session: sessionId } = ada
    if (what === 'is draining') await node.service.agents.patch({ agentId, spec: {}, isDraining: true })
    else await node.service.agents.stopWork({ agentId, sessionId })
    await ada.complete(ada.assignments[0]!)
    await cluster.pass(1_000)
    expect(given(ada)).toEqual(['a'])
    const bob = await anAgent('bob', node)
    await cluster.pass(0)
    expect(given(bob)).toEqual(['b'])
  })

  it('is not given with the failure that opens the breaker of the agent', async () => {
    const { cluster, ada } = await busyAgent(['b'], {}, 1)
    await ada.fail(ada.assignments[0]!)
    await cluster.pass(1_000)
    expect(given(ada)).toEqual(['a'])
    await cluster.pass(2_000)
    expect(given(ada)).toHaveLength(2)
  })

  it('that is damaged does not stop the report: it fails, and the one behind it follows', async () => {
    const { cluster, node, ada } = await busyAgent(['b', 'c'])
    node.infra.store.damageRecord(SCOPE, { kind: TASK_RECORDS, id: 'b' })
    const task = await ada.service.tasks.complete({
      ...ada.report(ada.assignments[0]!),
      result: jsonText('1'),
    })
    expect(task).toMatchObject({ status: 'completed' })
    await cluster.pass(100)
    expect(given(ada)).toEqual(['a', 'c'])
  })
})
