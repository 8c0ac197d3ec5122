import { describe, expect, it } from 'vitest'
import { matchesEvent } from '#domain/communication/event-filter.ts'
import type { EventReader, StreamItem } from '#domain/communication/event-reader.ts'
import type { SwarmEvent } from '#domain/model/events.ts'
import { swarmEpoch } from '#domain/model/ids.ts'
import type { StepFault } from '#simulation/memory/memory-swarm-store.ts'
import { sampleEvent } from '../../helpers/sample-records.ts'
import { anAgent, Cluster, eventsOf, SCOPE, submit, type TestNode } from './cluster.ts'

const ALL = {}

async function submitMany(node: TestNode, from: number, to: number): Promise<void> {
  for (let index = from; index <= to; index += 1) await submit(node, `t${index}`)
}

async function readSome(reader: EventReader, countMin: number): Promise<readonly StreamItem[]> {
  const items: StreamItem[] = []
  while (items.length < countMin) items.push(...(await reader.next(100)))
  return items
}

function subjects(items: readonly StreamItem[]): readonly string[] {
  return items.map((item) => (item.type === 'event' ? item.event.subject : item.reason))
}

describe('a page of events', () => {
  it('holds at most what was asked for, and the next begins where it ended', async () => {
    const node = await new Cluster().node()
    await submitMany(node, 1, 5)
    const types = { types: ['task.*'] }
    const first = await node.swarm.events.page({ sequence: 0 }, 3, types)
    const second = await node.swarm.events.page({ sequence: first.nextSequence }, 3, types)
    expect(subjects([...first.items, ...second.items])).toEqual(['t1', 't2', 't3', 't4', 't5'])
    expect(second.nextSequence).toBe(second.lastSequence)
  })

  it('finds the few events its filter lets through, however far behind the others they are', async () => {
    const node = await new Cluster().node()
    await submitMany(node, 1, 1_100)
    const page = (after: number, countMax: number) =>
      node.swarm.events.page({ sequence: after }, countMax, { subject: 't1100' })
    const { items, nextSequence } = await page(0, 1)
    expect(subjects(items)).toEqual(['t1100'])
    expect(await page(nextSequence, 1)).toMatchObject({ items: [] })
    expect(await page(0, 10)).toMatchObject({ items })
  })

  it('is not looked for any further once nobody waits for it', async () => {
    const node = await new Cluster({ orchestrator: { eventTailMax: 1 } }).node()
    await submitMany(node, 1, 600)
    const answered = { aborted: true }
    const { items, nextSequence } = await node.swarm.events.page(
      { sequence: 0 },
      100,
      { subject: 'none' },
      answered,
    )
    expect(items).toEqual([])
    expect(nextSequence).toBe(100)
    const page = await node.swarm.reader.tasks({ type: 'none' }, { pageSize: 10, cancellation: answered })
    expect(page.items).toEqual([])
  })

  it('is the same from the newest events in memory and from the store', async () => {
    const cluster = new Cluster({ orchestrator: { eventTailMax: 2 } })
    const node = await cluster.node()
    await submitMany(node, 1, 50)
    const fromBoth = await node.swarm.events.page({ sequence: 0 }, 100, ALL)
    const { events } = await node.infra.store.readEvents(node.swarm.scope, 0, 100)
    expect(fromBoth.items).toEqual(events.map((event) => ({ type: 'event', event })))
  })

  it('ends after a bounded look at the log where its filter matches nothing', async () => {
    const node = await new Cluster().node()
    await submitMany(node, 1, 30)
    const { items, nextSequence, lastSequence } = await node.swarm.events.page({ sequence: 0 }, 1, {
      subject: 'nobody',
    })
    expect(items).toEqual([])
    expect(nextSequence).toBeGreaterThan(15)
    expect(nextSequence).toBeLessThanOrEqual(lastSequence)
  })
})

describe('a live reader', () => {
  it('gets each event once, as it is committed', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const reader = node.swarm.events.reader(undefined, { types: ['task.submitted'] })
    const read = readSome(reader, 3)
    await submitMany(node, 1, 3)
    expect(subjects(await cluster.settle(read))).toEqual(['t1', 't2', 't3'])
    reader.close()
  })

  it('follows on any node what another coordinates', async () => {
    const cluster = new Cluster()
    const first = await cluster.node({ isAlone: false })
    const second = await cluster.node({ isAlone: false })
    const reader = second.swarm.events.reader(undefined, { types: ['task.submitted'] })
    const read = readSome(reader, 3)
    await cluster.pass(0)
    for (const id of ['t1', 't2', 't3']) {
      await submit(first, id)
      await cluster.pass(1)
    }
    expect(subjects(await cluster.settle(read))).toEqual(['t1', 't2', 't3'])
    second.swarm.events.close()
  })

  it.each([
    ['its own node coordinates on', true],
    ['another node takes over, which has not seen as much', false],
  ])('is told of a lost tail where %s', async (_, isSame) => {
    const cluster = new Cluster()
    const first = await cluster.node({ isAlone: false })
    const second = await cluster.node({ isAlone: false })
    const reader = first.swarm.events.reader({ sequence: 0 }, { types: ['task.submitted'] })
    await cluster.settle(submitMany(first, 1, 2))
    const kept = cluster.medium.copy()
    await cluster.settle(submitMany(first, 3, 4))
    expect(subjects(await cluster.settle(readSome(reader, 4)))).toEqual(['t1', 't2', 't3', 't4'])
    cluster.medium.rewindTo(kept)
    const next = isSame ? first : second
    if (!isSame) cluster.medium.scope(SCOPE).holder = second.directory.nodeId
    await cluster.settle(next.swarm.gateway.ensureCoordinated())
    expect(next.swarm.gateway.orchestrator).toBeDefined()
    await cluster.settle(submitMany(next, 5, 6))
    await cluster.pass(1)
    expect(subjects(await cluster.settle(readSome(reader, 3)))).toEqual(['lost', 't5', 't6'])
    const page = await first.swarm.events.page({ sequence: 0 }, 100, { types: ['task.submitted'] })
    expect(subjects(page.items).filter((subject) => subject !== 'lost')).toEqual(['t1', 't2', 't5', 't6'])
  })

  it.each([
    ['has none now', undefined],
    ['has a later one now', 3],
  ])(
    'gets nothing from memory that was answered after its coordinatorship, where the node %s',
    async (_, next) => {
      const cluster = new Cluster()
      const node = await cluster.node()
      const { events } = node.swarm
      const late = { ...sampleEvent('lost'), sequence: events.lastSequence + 1, epoch: swarmEpoch(1) }
      events.end()
      if (next !== undefined) events.begin(swarmEpoch(next), [])
      const heard: SwarmEvent[] = []
      events.feed({ name: 'heard', read: (committed) => heard.push(...committed) })
      events.append([late])
      const { items } = await events.page({ sequence: 0 }, 100, ALL)
      expect(subjects(items)).not.toContain('lost')
      expect(heard).toEqual([])
      // The number is not given again.
      expect(events.lastSequence).toBe(late.sequence)
    },
  )

  it('feeds a projection with events whose step was not answered, before any later ones', async () => {
    const faults: StepFault[] = []
    const cluster = new Cluster({ faultFor: () => faults.shift() })
    const node = await cluster.node()
    const heard: string[] = []
    node.swarm.events.feed({
      name: 'heard',
      read: (events) => heard.push(...events.map(({ subject }) => subject)),
    })
    faults.push({ fail: 'after_commit' })
    await expect(cluster.settle(submit(node, 'unanswered'))).rejects.toMatchObject({
      code: 'store_unavailable',
    })
    await cluster.settle(submit(node, 'answered'))
    await cluster.pass(0)
    expect(heard).toEqual(['unanswered', 'answered'])
  })

  it('goes on behind events that are damaged, and tells the projections which', async () => {
    const faults: StepFault[] = []
    const cluster = new Cluster({ faultFor: () => faults.shift() })
    const node = await cluster.node()
    const heard: unknown[] = []
    node.swarm.events.feed({
      name: 'heard',
      read: (events) => heard.push(...events.map(({ subject }) => subject)),
      missed: (range) => heard.push(range),
    })
    const sequence = node.swarm.events.lastSequence + 1
    faults.push({ fail: 'after_commit' })
    await cluster.settle(submit(node, 'unanswered')).catch(() => undefined)
    node.infra.store.damageEvent(SCOPE, sequence)
    await cluster.settle(submit(node, 'answered'))
    await cluster.pass(0)
    expect(heard).toEqual([{ fromSequence: sequence, toSequence: sequence }, 'answered'])
  })

  it('passes on what is committed while it reads what was missed', async () => {
    const faults: StepFault[] = []
    const cluster = new Cluster({ faultFor: () => faults.shift() })
    const node = await cluster.node()
    const heard: string[] = []
    node.swarm.events.feed({
      name: 'heard',
      read: (events) => heard.push(...events.map(({ subject }) => subject)),
    })
    const ids = Array.from({ length: 50 }, (_, index) => `t${index}`)
    for (const [index, id] of ids.entries()) {
      if (index % 7 === 0) faults.push({ fail: 'after_commit' })
      // Not awaited one by one: reads of the log overlap with steps.
      void submit(node, id).catch(() => undefined)
      if (index % 3 === 0) await cluster.pass(0)
    }
    // The last step was not answered, either.
    await cluster.pass(1_000)
    expect(heard).toEqual((await eventsOf(node)).slice(-heard.length).map(({ subject }) => subject))
    expect(heard).toHaveLength(ids.length)
  })

  it('keeps the error of a projection from the step that wrote the event, and from the other projections', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const [heard, attempts]: [string[], string[]] = [[], []]
    node.swarm.events.feed({
      name: 'faulty',
      read: ([event]) => {
        attempts.push(event?.subject ?? '')
        throw new Error('a bug of the projection')
      },
    })
    node.swarm.events.feed({
      name: 'heard',
      read: (events) => heard.push(...events.map(({ subject }) => subject)),
    })
    await cluster.settle(submit(node, 't1'))
    await cluster.settle(submitMany(node, 2, 3))
    expect(heard).toEqual(['t1', 't2', 't3'])
    expect(attempts).toEqual(heard)
    expect(node.logger.messages('error')).toContain('projection failed')
    expect(node.swarm.events.projectionErrors.counts()).toEqual({ faulty: 3 })
  })

  it('is told what was trimmed while it was away', async () => {
    const cluster = new Cluster({ eventsMax: 5, orchestrator: { eventTailMax: 2, retentionEveryMs: 1_000 } })
    const node = await cluster.node()
    const reader = node.swarm.events.reader({ sequence: 0 }, ALL)
    await submitMany(node, 1, 20)
    await cluster.pass(1_000)
    const [gap, ...events] = await cluster.settle(readSome(reader, 6))
    expect(gap).toMatchObject({ type: 'gap', reason: 'trimmed', fromSequence: 1 })
    expect(subjects(events)).toEqual(['t16', 't17', 't18', 't19', 't20'])
    reader.close()
  })
})

describe('matchesEvent', () => {
  const event = { ...sampleEvent('t1', { type: 'task.completed' }), sequence: 1, epoch: swarmEpoch(1) }

  it.each([
    [{}, true],
    [{ subject: 't1' }, true],
    [{ subject: 't2' }, false],
    [{ types: ['task.completed'] }, true],
    [{ types: ['task.comp'] }, false],
    [{ types: ['agent.online', 'task.*'] }, true],
    [{ types: ['agent.*'] }, false],
    [{ types: ['task.*'], subject: 't2' }, false],
    [{ types: [] }, false],
  ])('finds %j to match: %s', (filter, expected) => {
    expect(matchesEvent(event, filter)).toBe(expected)
  })
})

describe('ResourceMonitor', () => {
  it('reports what waits, what runs and how long things took', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    await submit(node, 'a')
    await submit(node, 'b')
    await submit(node, 'c', { delayMs: 60_000 })
    await cluster.pass(2_000)
    expect(await node.service.swarm.monitor()).toMatchObject({
      openTasks: 3,
      queueDepth: 2,
      oldestWaitMs: 2_000,
      slots: 0,
      utilisation: 0,
    })
    const ada = await anAgent('ada', node, { slots: 2 })
    await cluster.pass(500)
    await ada.complete(ada.assignments[0]!)
    const report = await node.service.swarm.monitor()
    expect(report).toMatchObject({
      tasks: { assigned: 1, delayed: 1 },
      queueDepth: 0,
      wait: { count: 2, maxMs: 2_000 },
      run: { count: 1, maxMs: 500, meanMs: 500 },
      agents: { online: 1, suspect: 0, offline: 0, draining: 0, breakersOpen: 0 },
      slots: 2,
      slotsBusy: 1,
      utilisation: 0.5,
      totals: { submitted: 3, completed: 1 },
    })
  })
})
