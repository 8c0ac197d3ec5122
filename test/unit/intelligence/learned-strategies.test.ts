import { describe, expect, it } from 'vitest'
import { FlockKeeper, type NumberedChange } from '#domain/intelligence/flocking/flock-keeper.ts'
import { FLOCK_DEFAULTS } from '#domain/intelligence/flocking/flock-settings.ts'
import { AGENT_TRAILS_DEFAULTS } from '#domain/intelligence/trails/agent-trails.ts'
import { AgentTrailsKeeper } from '#domain/intelligence/trails/agent-trails-state.ts'
import type { SwarmEvent } from '#domain/model/events.ts'
import { agentId, epochMs, swarmEpoch } from '#domain/model/ids.ts'
import type { StrategySettings } from '#domain/model/strategy-settings.ts'
import { SeededRandom } from '#simulation/seeded-random.ts'
import { dataOf } from '../../helpers/event-data.ts'
import { Cluster, SCOPE, submit, TestAgent, type TestNode } from '../domain/cluster.ts'

const FLOCKING: StrategySettings = { kind: 'flocking', ...FLOCK_DEFAULTS }
const TRAILS: StrategySettings = { kind: 'trails', ...AGENT_TRAILS_DEFAULTS }

describe('what is learned from the log', () => {
  it('is the same from a snapshot and the log after it: the flock, its groups and the numbers of its changes', () => {
    const events = guildEvents(3_000)
    const [whole, before] = [keeper(), keeper()]
    for (const event of events) whole.keeper.read(event)
    for (const event of events.slice(0, 2_000)) before.keeper.read(event)
    const again = keeper()
    again.keeper.restore(JSON.parse(JSON.stringify(before.keeper.snapshot())) as unknown[], 1)
    for (const event of events.slice(2_000)) again.keeper.read(event)
    expect(whole.keeper.flock.grouping.groups.size).toBe(2)
    expect([...again.keeper.flock.rows()]).toEqual([...whole.keeper.flock.rows()])
    expect(again.changes).toEqual(whole.changes.slice(before.changes.length))
    expect(whole.changes.map(({ number }) => number)).toEqual(whole.changes.map((_, index) => index + 1))
  })

  it('is the same from a snapshot and the log after it: trails to agents', () => {
    const events = guildEvents(500)
    const [whole, before] = [
      new AgentTrailsKeeper(() => AGENT_TRAILS_DEFAULTS),
      new AgentTrailsKeeper(() => AGENT_TRAILS_DEFAULTS),
    ]
    for (const event of events) whole.read(event)
    for (const event of events.slice(0, 300)) before.read(event)
    const again = new AgentTrailsKeeper(() => AGENT_TRAILS_DEFAULTS)
    again.restore(JSON.parse(JSON.stringify(before.snapshot())) as unknown[], 1)
    for (const event of events.slice(300)) again.read(event)
    expect(again.trails.state).toEqual(whole.trails.state)
    expect(() => again.restore([], 2)).toThrow(/unknown format/)
  })

  it('is nothing while the swarm has another strategy', () => {
    const trails = new AgentTrailsKeeper(() => undefined)
    for (const event of guildEvents(50)) trails.read(event)
    expect(trails.trails.state).toEqual([])
  })
})

describe('the strategy flocking', () => {
  it('lets a prepared agent do what it is prepared for, forms groups and tells of them in the log', async () => {
    const { cluster, node, agents } = await swarmWith(FLOCKING, 4)
    for (let round = 0; round < 30; round += 1) {
      await submitAndRun({ cluster, node, agents }, ['a', 'b'], (_, isPrepared) => (isPrepared ? 100 : 400))
    }
    const groups = await node.service.groups.list({ countMax: 10 })
    const { events } = await node.infra.store.readEvents(SCOPE, 0, 10_000)
    const starts = events.filter(({ type }) => type === 'task.assigned').slice(-20)
    const kindOf = new Map<string, Set<unknown>>()
    for (const { data } of starts)
      kindOf.set(
        String(dataOf({ data }, 'agentId')),
        (kindOf.get(String(dataOf({ data }, 'agentId'))) ?? new Set()).add(dataOf({ data }, 'taskType')),
      )
    // Each agent keeps to one kind.
    expect([...kindOf.values()].every((kinds) => kinds.size === 1)).toBe(true)
    const told = events.filter(({ type }) => type.startsWith('group.'))
    expect(told.length > 0 || groups.length === 0).toBe(true)
  })

  it('finds the groups of before after a takeover, and tells no change twice', async () => {
    const { cluster, node, agents } = await swarmWith(FLOCKING, 4, false)
    const outcome = (agent: number, type: string): boolean => (agent % 2 === 0) === type < 'm'
    for (let round = 0; round < 60; round += 1) {
      const type = ['a', 'b', 'y', 'z'][round % 4] ?? 'a'
      await submitAndRun({ cluster, node, agents }, [type, type, type, type], () => 100, outcome)
    }
    await cluster.pass(15_000)
    const before = await node.service.groups.list({ countMax: 10 })
    expect(before.length).toBeGreaterThan(0)
    const count = (await groupEvents(node)).length
    node.die()
    const second = await cluster.node({ isAlone: false })
    await cluster.pass(10_000)
    const after = await cluster.settle(second.service.groups.list({ countMax: 10 }))
    expect(after.map(({ group, members }) => [group, members])).toEqual(
      before.map(({ group, members }) => [group, members]),
    )
    const events = await groupEvents(second)
    expect(events.slice(0, count).map(({ type, data }) => [type, data])).toEqual(
      (await groupEvents(second)).slice(0, count).map(({ type, data }) => [type, data]),
    )
    expect(events).toHaveLength(count)
    await expect(cluster.settle(second.service.groups.get({ group: 'group-999' }))).rejects.toMatchObject({
      code: 'group_not_found',
    })
  }, 20_000)
})

describe('the strategy trails', () => {
  it('gives more and more tasks of a type to the agent that succeeds', async () => {
    const { cluster, node, agents } = await swarmWith(TRAILS, 4)
    for (let round = 0; round < 80; round += 1)
      await submitAndRun(
        { cluster, node, agents },
        ['a'],
        () => 10,
        (agent) => agent === 2,
      )
    const { events } = await node.infra.store.readEvents(SCOPE, 0, 10_000)
    const starts = events.filter(({ type }) => type === 'task.assigned').slice(-30)
    const share =
      starts.filter(({ data }) => dataOf({ data }, 'agentId') === 'agent-2').length / starts.length
    expect(share).toBeGreaterThan(0.6)
  }, 20_000)
})

function keeper() {
  const changes: NumberedChange[] = []
  return {
    changes,
    keeper: new FlockKeeper(
      { settings: () => FLOCK_DEFAULTS, slotsOf: () => 1 },
      { write: (change) => changes.push(change) },
    ),
  }
}

/** Attempts of eight agents in two guilds at eight kinds. */
function guildEvents(count: number): SwarmEvent[] {
  const random = new SeededRandom(7)
  return Array.from({ length: count }, (_, index) => {
    const agent = random.integer(8)
    const kind = random.integer(8)
    const hasSucceeded = random.next() < (agent % 2 === kind % 2 ? 0.9 : 0.3)
    const event = {
      subject: `task-${index}`,
      time: epochMs(index * 10),
      epoch: swarmEpoch(1),
      sequence: index + 1,
    }
    const data = { agentId: `agent-${agent}`, taskType: `kind-${kind}`, runMs: 100 }
    return { ...event, type: hasSucceeded ? 'task.completed' : 'task.failed', data } as unknown as SwarmEvent
  })
}

async function groupEvents({ infra }: TestNode): Promise<SwarmEvent[]> {
  const { events } = await infra.store.readEvents(SCOPE, 0, 10_000)
  return events.filter(({ type }) => type.startsWith('group.'))
}

interface Scene {
  readonly cluster: Cluster
  readonly node: TestNode
  readonly agents: readonly TestAgent[]
}

async function swarmWith(strategy: StrategySettings, count: number, isAlone = true): Promise<Scene> {
  const cluster = new Cluster()
  const node = await cluster.node({ isAlone })
  await cluster.settle(node.service.swarm.update({ strategy }))
  const agents: TestAgent[] = []
  for (let index = 0; index < count; index += 1) {
    const agent = new TestAgent(agentId(`agent-${index}`), node)
    await cluster.settle(agent.register({ slots: 1 }))
    await cluster.settle(agent.attach())
    agents.push(agent)
  }
  return { cluster, node, agents }
}

let taskCount = 0

/** Submits a task of each type and plays the agents until all have ended; their work takes as long as `runMs` says. */
async function submitAndRun(
  { cluster, node, agents }: Scene,
  types: readonly string[],
  runMs: (agent: number, isPrepared: boolean) => number,
  succeeds: (agent: number, type: string) => boolean = () => true,
): Promise<void> {
  for (const type of types) {
    taskCount += 1
    await cluster.settle(submit(node, `task-${taskCount}`, { type, maxAttempts: 1 }))
  }
  let left = types.length
  for (let turn = 0; left > 0 && turn < 200; turn += 1) {
    for (const [index, agent] of agents.entries()) {
      const assignment = agent.assignments.find(({ taskId }) => !ended.has(`${agent.session} ${taskId}`))
      if (assignment === undefined) continue
      const { type } = assignment.spec
      ended.add(`${agent.session} ${assignment.taskId}`)
      await cluster.pass(runMs(index, lastType.get(agent) === type))
      lastType.set(agent, type)
      await cluster.settle(
        succeeds(index, type) ? agent.complete(assignment) : agent.fail(assignment, 'fail'),
      )
      left -= 1
    }
    await cluster.pass(10)
  }
  expect(left).toBe(0)
}
const ended = new Set<string>()
const lastType = new WeakMap<TestAgent, string>()
