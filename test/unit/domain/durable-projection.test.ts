import { beforeEach, describe, expect, it } from 'vitest'
import {
  DurableProjection,
  type DurableProjectionOptions,
  type DurableState,
} from '#domain/kernel/durable-projection.ts'
import { chunkKey, headKey } from '#domain/kernel/projection-record.ts'
import { Reminders } from '#domain/kernel/reminders.ts'
import { SwarmJournal } from '#domain/kernel/swarm-journal.ts'
import type { SwarmEvent } from '#domain/model/events.ts'
import { swarmEpoch } from '#domain/model/ids.ts'
import type { StepFault } from '#simulation/memory/memory-swarm-store.ts'
import { Cluster, SCOPE, submit, type TestNode } from './cluster.ts'

const SUBJECTS_PER_CHUNK = 10

/** Keeps the subjects of all events, in chunks. */
class Subjects implements DurableState {
  readonly name = 'subjects'
  readonly format: number = 1
  readonly calls: string[] = []
  subjects: string[] = []
  failsAt = ''

  read({ subject }: SwarmEvent): void {
    if (subject === this.failsAt) throw new Error('a bug of the state')
    this.subjects.push(subject)
  }

  snapshot(): readonly unknown[] {
    const chunks: unknown[] = []
    for (let from = 0; from < this.subjects.length; from += SUBJECTS_PER_CHUNK)
      chunks.push(this.subjects.slice(from, from + SUBJECTS_PER_CHUNK))
    return chunks
  }

  restore(chunks: readonly unknown[], format: number): void {
    if (format !== 1) throw new Error(`format ${format} is not known`)
    this.calls.push('restore')
    this.subjects = (chunks as readonly string[][]).flat()
  }

  clear(): void {
    this.calls.push('clear')
    this.subjects = []
  }

  async rebuild(): Promise<void> {
    this.calls.push('rebuild')
    this.subjects.push('rebuilt')
  }
}

let faults: (StepFault | undefined)[]
let cluster: Cluster
let node: TestNode
let submitted: number

beforeEach(async () => {
  faults = []
  submitted = 0
  cluster = new Cluster({
    eventsMax: 30,
    orchestrator: { retentionEveryMs: 3_600_000 },
    faultFor: () => faults.shift(),
  })
  node = await cluster.node()
})

/** Starts one over the newest coordinatorship, as an orchestrator does. */
async function project(
  at: TestNode,
  options: DurableProjectionOptions = {},
  state = new Subjects(),
): Promise<{ readonly projection: DurableProjection; readonly state: Subjects; stop(): void }> {
  const { infra, logger, swarm } = at
  const { clock } = cluster
  const reminders = new Reminders({ clock })
  const epoch = swarmEpoch(cluster.medium.scope(SCOPE).epoch)
  const modules = { ...infra, clock, logger, reminders, events: swarm.events, onFenced: () => undefined }
  const journal = new SwarmJournal({ scope: SCOPE, epoch }, modules)
  const { projectionErrors: errors } = swarm.events
  const projection = new DurableProjection(state, options, { ...modules, journal, errors })
  const end = swarm.events.feed(projection)
  await cluster.settle(projection.catchUp())
  const stop = (): void => {
    end()
    reminders.stop()
  }
  return { projection, state, stop }
}

async function write(count: number, at: TestNode = node): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    submitted += 1
    await cluster.settle(submit(at, `t${submitted}`))
  }
}

async function takeOver(): Promise<TestNode> {
  node.die()
  const next = await cluster.node()
  // It coordinates the swarm from the first call on.
  await cluster.settle(next.service.topology.view())
  return next
}

const logged = (): readonly string[] => cluster.medium.scope(SCOPE).events.map(({ subject }) => subject)

describe('DurableProjection', () => {
  it('knows after a takeover what it would know without: the newest snapshot, and the log after it', async () => {
    const first = await project(node, { everyEvents: 20 })
    await write(57)
    const head = await node.infra.store.get(SCOPE, headKey('subjects'))
    expect(head?.value.cursor).toBeLessThan(first.projection.cursor)
    node = await takeOver()
    const second = await project(node)
    expect(second.state.calls).toEqual(['restore'])
    expect(second.state.subjects).toEqual(logged())
    expect(second.projection.isIncomplete).toBe(false)
    await write(3)
    expect(second.state.subjects).toEqual(logged())
  })

  it('writes a snapshot in time, also of few events', async () => {
    await project(node, { everyEvents: 1_000, everyMs: 5_000 })
    const savedCursor = async () => (await node.infra.store.get(SCOPE, headKey('subjects')))?.value.cursor
    await cluster.pass(5_000)
    await write(2)
    await cluster.pass(4_999)
    const before = await savedCursor()
    await cluster.pass(1)
    expect(await savedCursor()).toBe((before ?? 0) + 2)
  })

  it('is incomplete where the log was trimmed behind its snapshot, and makes up for it from the records', async () => {
    const first = await project(node, { everyEvents: 10 })
    await write(10)
    await cluster.pass(0)
    first.stop()
    const known = first.state.subjects.slice(0, 10)
    await write(20)
    await cluster.settle(node.infra.store.trimEvents(SCOPE, first.projection.cursor + 5))
    const second = await project(node)
    expect(second.projection.isIncomplete).toBe(true)
    expect(second.state.calls).toEqual(['restore', 'rebuild'])
    expect(second.state.subjects).toEqual([...known, 'rebuilt', ...logged()])
    // Whoever takes over is told, too.
    await write(1)
    await cluster.pass(10_000)
    second.stop()
    expect((await project(node)).projection.isIncomplete).toBe(true)
  })

  it('reads the whole log where the snapshot is of another format, or a part of it is damaged', async () => {
    const first = await project(node, { everyEvents: 25 })
    await write(25)
    await cluster.pass(0)
    first.stop()
    const other = new (class extends Subjects {
      override readonly format = 2
      override restore(): void {
        throw new Error('format 1 is not known')
      }
    })()
    const second = await project(node, {}, other)
    expect(second.state.subjects).toEqual(logged())
    expect(second.state.calls).toEqual(['clear'])
    expect(node.swarm.events.projectionErrors.counts()).toEqual({ subjects: 1 })
    second.stop()
    const { slot } = (await node.infra.store.get(SCOPE, headKey('subjects')))!.value
    node.infra.store.damageRecord(SCOPE, chunkKey('subjects', slot, 1))
    const third = await project(node)
    expect(third.state.calls).toEqual(['clear'])
    expect(third.state.subjects).toEqual(logged())
    expect(third.projection.isIncomplete).toBe(false)
  })

  it('takes the snapshot before where the newest one was written by half', async () => {
    const first = await project(node, { everyEvents: 200 })
    await write(200)
    await cluster.pass(0)
    const { cursor } = (await node.infra.store.get(SCOPE, headKey('subjects')))!.value
    await write(cursor + 199 - first.projection.cursor)
    // The next submission is a step, then come three steps with chunks and one with the head.
    faults.push(undefined, undefined, { fail: 'before_commit' })
    await write(1)
    await cluster.pass(0)
    expect(faults).toEqual([])
    expect((await node.infra.store.get(SCOPE, headKey('subjects')))?.value.cursor).toBe(cursor)
    first.stop()
    const second = await project(node)
    expect(second.state.calls).toEqual(['restore'])
    expect(second.state.subjects).toEqual(logged())
  })

  it('drops the chunks that a smaller snapshot does not need', async () => {
    const first = await project(node, { everyEvents: 50 })
    const chunkCount = () =>
      [...cluster.medium.scope(SCOPE).records.keys()].filter((name) => name.startsWith('projection_chunk/'))
        .length
    await write(100)
    await cluster.pass(0)
    expect(chunkCount()).toBeGreaterThan(14)
    first.state.subjects = []
    await write(50)
    await cluster.pass(0)
    first.state.subjects = []
    await write(50)
    await cluster.pass(0)
    expect(chunkCount()).toBeLessThanOrEqual(10)
  })

  it('reads on behind an event that it fails at, and counts the error', async () => {
    const state = new Subjects()
    state.failsAt = 't2'
    await project(node, {}, state)
    await write(3)
    expect(state.subjects.slice(-2)).toEqual(['t1', 't3'])
    expect(node.swarm.events.projectionErrors.counts()).toEqual({ subjects: 1 })
  })

  it('gets each event once and in order that comes while it reads the log', async () => {
    await write(30)
    const { events } = node.swarm
    const state = new Subjects()
    const starting = project(node, {}, state)
    const writing = write(10)
    await Promise.all([starting, writing])
    await write(5)
    expect(state.subjects).toEqual(logged())
    expect(events.projectionErrors.counts()).toEqual({})
  })

  it('waits for a store that does not answer', async () => {
    await write(3)
    node.infra.store.setUnreadable('away')
    const state = new Subjects()
    const starting = project(node, {}, state)
    await cluster.pass(5_000)
    expect(state.calls).toEqual([])
    node.infra.store.setUnreadable(undefined)
    const { projection } = await cluster.settle(starting)
    expect(projection.isReady).toBe(true)
    expect(state.subjects).toEqual(logged())
  })
})
