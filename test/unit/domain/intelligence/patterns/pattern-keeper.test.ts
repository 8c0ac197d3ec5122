import { describe, expect, it } from 'vitest'
import { taskId } from '#domain/model/ids.ts'
import type { PatternSettingsRequest } from '#domain/model/pattern-settings.ts'
import { dataOf } from '../../../../helpers/event-data.ts'
import {
  anAgent,
  Cluster,
  eventsOf,
  eventTypes,
  submit,
  type TestAgent,
  type TestNode,
} from '../../cluster.ts'

async function swarmOf(names: readonly string[], patterns: PatternSettingsRequest = {}) {
  const cluster = new Cluster()
  const node = await cluster.node({ isAlone: false })
  await node.service.swarm.update({ patterns })
  const agents: TestAgent[] = []
  for (const name of names) agents.push(await anAgent(name, node))
  return { cluster, node, agents }
}

const RESPONDING = { isResponding: true }

/** Two agents, each with a task of its own, that wait for each other. */
async function deadlock(patterns: PatternSettingsRequest) {
  const { cluster, node, agents } = await swarmOf(['ada', 'bob'], patterns)
  await submit(node, 't1')
  await submit(node, 't2')
  await cluster.pass(0)
  const [ada, bob] = agents as [TestAgent, TestAgent]
  await waitFor(ada, bob)
  await waitFor(bob, ada)
  await cluster.pass(10)
  return { cluster, node, ada, bob }
}

function waitFor(agent: TestAgent, other: TestAgent): Promise<null> {
  return agent.service.tasks.progress({ ...agent.report(agent.assignments.at(-1)!), waitsFor: [other.id] })
}

async function patternsOf(node: TestNode) {
  return (await node.swarm.reader.patterns({}, { pageSize: 100 })).items
}

describe('a pattern that the swarm notices', () => {
  it('is a record and an event, and ends when it is over', async () => {
    const { cluster, node, bob } = await deadlock({})
    const [pattern] = await patternsOf(node)
    expect(pattern).toMatchObject({
      kind: 'wait_cycle',
      status: 'active',
      severity: 'high',
      agentIds: ['bob', 'ada'],
      taskIds: [bob.assignments[0]?.taskId, expect.any(String)],
      responses: [],
    })
    const events = await eventsOf(node)
    const shown = events.filter(({ sequence }) => pattern?.evidence.includes(sequence))
    expect(shown.map((event) => [event.type, dataOf(event, 'waitsFor')])).toEqual([
      ['task.progress', ['bob']],
      ['task.progress', ['ada']],
    ])
    await bob.service.tasks.progress(bob.report(bob.assignments[0]!))
    await cluster.pass(10)
    expect(await patternsOf(node)).toMatchObject([{ status: 'ended' }])
    expect(await eventTypes(node, pattern!.patternId)).toEqual(['pattern.detected', 'pattern.ended'])
  })

  it('is not noticed by a detector that is switched off', async () => {
    const { node } = await deadlock({ wait_cycle: { isEnabled: false } })
    expect(await patternsOf(node)).toEqual([])
  })

  it('survives a takeover, and ends on the next coordinating node', async () => {
    const { cluster, node } = await deadlock({})
    node.die()
    const next = await cluster.node({ isAlone: false })
    await cluster.pass(4_000)
    expect(await patternsOf(next)).toMatchObject([{ status: 'active' }])
    // The agents do not come back, so their leases end, and their waits with them.
    await cluster.pass(15_000)
    expect(await patternsOf(next)).toMatchObject([{ status: 'ended' }])
  })

  it('can be reviewed, and is refused where it does not exist', async () => {
    const { node } = await deadlock({})
    const [pattern] = await patternsOf(node)
    const review = { patternId: pattern!.patternId, by: 'olga', note: 'seen' }
    await node.service.patterns.review({ ...review, verdict: 'acknowledged' })
    expect(await patternsOf(node)).toMatchObject([
      { review: { verdict: 'acknowledged', by: 'olga', note: 'seen' } },
    ])
    await expect(
      node.service.patterns.review({ ...review, patternId: 'none', verdict: 'dismissed' }),
    ).rejects.toMatchObject({
      code: 'pattern_not_found',
    })
  })
})

describe('a response', () => {
  it('does nothing unless it is switched on', async () => {
    const { node } = await deadlock({})
    expect(await node.swarm.reader.tasks({ status: 'failed' }, { pageSize: 10 })).toMatchObject({ items: [] })
  })

  it('to a cycle of waits fails the task that closed it, with a reason, and ends the cycle', async () => {
    const { node, bob } = await deadlock({ wait_cycle: RESPONDING })
    const [failed] = (await node.swarm.reader.tasks({ status: 'failed' }, { pageSize: 10 })).items
    expect(failed).toMatchObject({ taskId: bob.assignments[0]?.taskId, failure: { code: 'wait_cycle' } })
    const [pattern] = await patternsOf(node)
    expect(pattern).toMatchObject({
      status: 'ended',
      responses: [{ action: 'fail_task', taskIds: [failed?.taskId] }],
    })
    expect((await eventTypes(node, pattern!.patternId)).toSorted()).toEqual([
      'pattern.detected',
      'pattern.ended',
      'pattern.responded',
    ])
  })

  it('to ping-pong gives the task to another agent', async () => {
    const off = await bounced({})
    expect(await patternsOf(off.node)).toMatchObject([{ kind: 'ping_pong', responses: [] }])
    expect(off.reason).not.toContain('back and forth')
    const on = await bounced({ ping_pong: RESPONDING })
    expect(on.reason).toBe('least loaded except ada and bob, which handed the task back and forth')
    const [pattern] = await patternsOf(on.node)
    expect(pattern).toMatchObject({
      kind: 'ping_pong',
      agentIds: ['ada', 'bob'],
      responses: [{ action: 'break_bounce' }],
    })
  })

  it('to a cascade opens the breakers of those that failed most, and of no more than half', async () => {
    const { node, agents } = await cascade({ failure_cascade: RESPONDING })
    const [pattern] = await patternsOf(node)
    expect(pattern).toMatchObject({ kind: 'failure_cascade', responses: [{ action: 'open_breakers' }] })
    const opened = (await eventsOf(node)).filter(({ type }) => type === 'agent.breaker_opened')
    const [response] = pattern!.responses
    expect(response?.agentIds.length).toBeGreaterThanOrEqual(3)
    expect(response?.agentIds.length).toBeLessThanOrEqual(agents.length / 2)
    expect(opened.map(({ subject }) => subject)).toEqual(expect.arrayContaining([...response!.agentIds]))
    const off = await cascade({})
    expect((await eventsOf(off.node)).filter(({ type }) => type === 'pattern.responded')).toEqual([])
  })

  it('is not given to a pattern that was dismissed', async () => {
    const { cluster, node, agents } = await bounced({})
    const [pattern] = await patternsOf(node)
    await node.service.patterns.review({ patternId: pattern!.patternId, by: 'olga', verdict: 'dismissed' })
    await node.service.swarm.update({ patterns: { ping_pong: RESPONDING } })
    await bounce(cluster, node, agents, 20)
    expect(await patternsOf(node)).toMatchObject([{ responses: [] }])
  })
})

/** Six agents did everything in turn; then all but two are busy, and these hand one task back and forth. */
async function bounced(patterns: PatternSettingsRequest) {
  const { cluster, node, agents } = await swarmOf(['ada', 'bob', 'cleo', 'dora', 'eve', 'fay'], patterns)
  for (let round = 0; round < 6; round++) {
    for (const index of agents.keys()) await submit(node, `r${round}-${index}`)
    await cluster.pass(0)
    for (const agent of agents) await agent.complete(agent.assignments.at(-1)!)
    await cluster.pass(0)
  }
  const [ada, bob, ...others] = agents as [TestAgent, TestAgent, ...TestAgent[]]
  for (const index of agents.keys()) await submit(node, `busy-${index}`)
  await cluster.pass(0)
  await ada.complete(ada.assignments.at(-1)!)
  await bob.complete(bob.assignments.at(-1)!)
  await submit(node, 'hot')
  await cluster.pass(0)
  await bounce(cluster, node, [ada, bob], 40)
  await others[0]!.complete(others[0]!.assignments.at(-1)!)
  await bounce(cluster, node, [ada, bob], 1)
  const { reason } = await node.swarm.reader.decision(taskId('hot'))
  return { cluster, node, agents: [ada, bob], reason }
}

/** Whoever of the two holds the task gives it back, again and again. */
async function bounce(
  cluster: Cluster,
  node: TestNode,
  pair: readonly TestAgent[],
  times: number,
): Promise<void> {
  for (let time = 0; time < times; time++) {
    const holder = await holderOf(node, pair)
    const held = holder?.assignments.at(-1)
    if (holder === undefined || held === undefined) return
    await holder.service.tasks.release({ ...holder.report(held), reason: 'not mine' })
    await cluster.pass(1)
  }
}

async function holderOf(node: TestNode, pair: readonly TestAgent[]): Promise<TestAgent | undefined> {
  for (const agent of pair) {
    const held = agent.assignments.at(-1)
    if (held?.taskId !== 'hot') continue
    const task = await node.swarm.reader.task(held.taskId)
    if (task.lease?.fencingToken === held.fencingToken) return agent
  }
  return undefined
}

/** Now and then a task fails; then one failure after the other at ten agents. */
async function cascade(patterns: PatternSettingsRequest) {
  const names = Array.from({ length: 10 }, (_, index) => `agent-${index}`)
  const { cluster, node, agents } = await swarmOf(names, patterns)
  let count = 0
  const failOne = async (afterMs: number): Promise<void> => {
    count += 1
    const id = await submit(node, `t${count}`)
    await cluster.pass(0)
    const holder = agents.find((agent) => agent.assignments.at(-1)?.taskId === id)
    await holder?.fail(holder.assignments.at(-1)!, 'fail')
    for (const agent of agents) await agent.heartbeat()
    await cluster.pass(afterMs)
  }
  for (let time = 0; time < 60; time++) {
    if (time % 12 === 0) await failOne(0)
    for (const agent of agents) await agent.heartbeat()
    await cluster.pass(1_000)
  }
  for (let time = 0; time < 20; time++) await failOne(100)
  return { cluster, node, agents }
}
