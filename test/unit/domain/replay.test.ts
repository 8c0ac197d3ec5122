import { describe, expect, it } from 'vitest'
import { DurableProjection, type DurableState } from '#domain/kernel/durable-projection.ts'
import { Reminders } from '#domain/kernel/reminders.ts'
import { SwarmJournal } from '#domain/kernel/swarm-journal.ts'
import { AGENT_RECORDS } from '#domain/model/agent-record.ts'
import { isOfArea, type SwarmEvent } from '#domain/model/events.ts'
import { swarmEpoch } from '#domain/model/ids.ts'
import { TASK_RECORDS } from '#domain/model/task-kinds.ts'
import { anAgent, Cluster, SCOPE, submit, type TestNode } from './cluster.ts'

interface SeenTask {
  readonly facts: unknown
  readonly heldBy: string | null
  readonly ending: string | null
}

const ENDINGS: Readonly<Record<string, string>> = {
  'task.completed': 'completed',
  'task.failed': 'failed',
  'task.canceled': 'canceled',
  'task.rejected': 'rejected',
}

/** Knows of tasks and agents what the events alone tell. */
class Mirror implements DurableState {
  readonly name = 'mirror'
  readonly format = 1
  tasks = new Map<string, SeenTask>()
  agents = new Map<string, unknown>()

  read(event: SwarmEvent): void {
    if (isOfArea(event, 'task')) this.#task(event)
    else if (event.type === 'agent.registered' || event.type === 'agent.updated') {
      const { slots, capabilities, resources, labels } = event.data
      this.agents.set(event.subject, { slots, capabilities, resources, labels })
    } else if (event.type === 'agent.removed') this.agents.delete(event.subject)
  }

  #task(event: SwarmEvent & { readonly type: `task.${string}` }): void {
    const { type, subject } = event
    if (event.type === 'task.submitted') {
      const { taskType, priority, capabilities, dependsOn = [], resources = {}, maxAttempts } = event.data
      const facts = { taskType, priority, capabilities, dependsOn, resources, maxAttempts }
      this.tasks.set(subject, { facts, heldBy: null, ending: null })
      return
    }
    const before = this.tasks.get(subject)
    if (before === undefined) throw new Error(`${type} of a task that was not submitted`)
    if (event.type === 'task.assigned') this.tasks.set(subject, { ...before, heldBy: event.data.agentId })
    else if (type === 'task.retrying' || type === 'task.released')
      this.tasks.set(subject, { ...before, heldBy: null })
    else if (ENDINGS[type] !== undefined)
      this.tasks.set(subject, { ...before, heldBy: null, ending: ENDINGS[type] })
  }

  snapshot(): readonly unknown[] {
    return [[...this.tasks], [...this.agents]]
  }

  restore([tasks, agents]: readonly unknown[]): void {
    this.tasks = new Map(tasks as [string, SeenTask][])
    this.agents = new Map(agents as [string, unknown][])
  }

  clear(): void {
    this.tasks.clear()
    this.agents.clear()
  }
}

/** The same of the records. */
async function recorded(node: TestNode): Promise<Pick<Mirror, 'tasks' | 'agents'>> {
  const { store } = node.infra
  const mirror = new Mirror()
  for (const { value } of await store.list({ scope: SCOPE, kind: TASK_RECORDS, countMax: 1_000 })) {
    const { type: taskType, priority, capabilities, dependsOn, resources, maxAttempts } = value.spec
    const facts = { taskType, priority, capabilities, dependsOn, resources, maxAttempts }
    const isOpen = value.status === 'submitted' || value.status === 'working'
    const ending = isOpen ? null : value.status
    mirror.tasks.set(value.taskId, { facts, heldBy: value.lease?.agentId ?? null, ending })
  }
  for (const { value } of await store.list({ scope: SCOPE, kind: AGENT_RECORDS, countMax: 1_000 })) {
    const { slots, capabilities, resources, labels } = value.spec
    mirror.agents.set(value.agentId, { slots, capabilities, resources, labels })
  }
  return { tasks: mirror.tasks, agents: mirror.agents }
}

async function replay(cluster: Cluster, node: TestNode): Promise<Pick<Mirror, 'tasks' | 'agents'>> {
  const { infra, logger, swarm } = node
  const modules = { ...infra, logger, events: swarm.events, reminders: new Reminders(cluster) }
  const epoch = swarmEpoch(cluster.medium.scope(SCOPE).epoch)
  const journal = new SwarmJournal({ scope: SCOPE, epoch }, { ...modules, onFenced: () => undefined })
  const mirror = new Mirror()
  const errors = swarm.events.projectionErrors
  const projection = new DurableProjection(mirror, { everyEvents: 5 }, { ...modules, journal, errors })
  swarm.events.feed(projection)
  await cluster.settle(projection.catchUp())
  expect(errors.counts()).toEqual({})
  return mirror
}

async function work(cluster: Cluster, node: TestNode, name: string): Promise<void> {
  const [ada, bob] = [await anAgent(`${name}-ada`, node), await anAgent(`${name}-bob`, node, { slots: 2 })]
  const first = await submit(node, `${name}-1`, { priority: 1, resources: { gpu: 0 } })
  await submit(node, `${name}-2`, { type: 'summarise', maxAttempts: 1 })
  await submit(node, `${name}-3`)
  await submit(node, `${name}-4`, { dependsOn: [first] })
  await submit(node, `${name}-5`, { capabilities: ['nobody'] })
  await cluster.pass(0)
  for (const agent of [ada, bob]) {
    const [held] = agent.assignments
    if (held?.taskId === first) await agent.complete(held)
    else if (held !== undefined) await agent.fail(held)
    await cluster.pass(0)
  }
  await cluster.settle(node.service.agents.deregister({ agentId: ada.id }))
  await cluster.settle(node.service.tasks.cancel({ taskId: first, reason: 'late' }).catch(() => undefined))
  await cluster.pass(3_000)
}

describe('a replay of the log', () => {
  it('arrives at what the records say: of the whole log, and of the newest snapshot with the log after it', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    await work(cluster, node, 'one')
    const { tasks, agents } = await replay(cluster, node)
    expect({ tasks, agents }).toEqual(await recorded(node))
    expect(new Set([...tasks.values()].map(({ ending }) => ending)).size).toBeGreaterThan(1)

    // Snapshots are written from here on, and the log goes on behind the newest one.
    await work(cluster, node, 'two')
    const before = (await node.infra.store.readEvents(SCOPE, 0, 1)).lastSequence
    node.die()
    const next = await cluster.node()
    await cluster.settle(next.service.topology.view())
    await cluster.settle(next.infra.store.trimEvents(SCOPE, Math.floor(before / 2)))
    const replayed = await replay(cluster, next)
    expect({ tasks: replayed.tasks, agents: replayed.agents }).toEqual(await recorded(next))
  })
})
