import { describe, expect, it } from 'vitest'
import { EventReader, type StreamItem } from '#domain/communication/event-reader.ts'
import type { SwarmEvent } from '#domain/model/events.ts'
import { swarmEpoch } from '#domain/model/ids.ts'
import { PAYLOAD_RECORDS, TASK_RECORDS } from '#domain/model/task-kinds.ts'
import type { EventPage } from '#domain/ports/swarm-store.ts'
import { sampleEvent } from '../../helpers/sample-records.ts'
import { anAgent, Cluster, eventsOf, SCOPE, submit } from './cluster.ts'

const damagedCode = { code: 'record_damaged' }

describe('a damaged record', () => {
  it('of a payload fails its task under a code of its own, and the others are done', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const spoilt = await submit(node, 'spoilt')
    const whole = await submit(node, 'whole')
    node.infra.store.damageRecord(SCOPE, { kind: PAYLOAD_RECORDS, id: spoilt })
    const ada = await anAgent('ada', node)
    await cluster.pass(0)
    expect(ada.assignments.map(({ taskId }) => taskId)).toEqual([whole])
    expect(await node.swarm.reader.task(spoilt)).toMatchObject({
      status: 'failed',
      failure: { code: 'record_damaged' },
    })
    await expect(node.swarm.reader.payload(spoilt)).rejects.toMatchObject(damagedCode)
  })

  it('of a task is named to whoever asks for it, in lists too, and keeps nothing else from recovery', async () => {
    const cluster = new Cluster()
    const before = await cluster.node()
    const ids = [await submit(before, 'a'), await submit(before, 'b'), await submit(before, 'c')]
    before.die()
    before.infra.store.damageRecord(SCOPE, { kind: TASK_RECORDS, id: 'b' })
    const after = await cluster.node()
    await cluster.pass(60_000)
    const ada = await anAgent('ada', after, { slots: 5 })
    await cluster.pass(0)
    expect(ada.assignments.map(({ taskId }) => taskId).toSorted()).toEqual([ids[0], ids[2]])
    await expect(after.swarm.reader.task(ids[1]!)).rejects.toMatchObject(damagedCode)
    const page = await after.swarm.reader.tasks({}, { pageSize: 2 })
    expect(page).toMatchObject({ damagedIds: ['b'] })
    expect(page.items.map(({ taskId }) => taskId)).toEqual(['c', 'a'])
    await expect(after.service.tasks.cancel({ taskId: ids[1]!, reason: 'no' })).rejects.toMatchObject(
      damagedCode,
    )
  })

  it('that a blocked task needs as its input fails that task', async () => {
    const cluster = new Cluster()
    const node = await cluster.node()
    const ada = await anAgent('ada', node)
    const first = await submit(node, 'first')
    await cluster.pass(0)
    await ada.complete(ada.assignments[0]!)
    node.infra.store.damageRecord(SCOPE, { kind: TASK_RECORDS, id: first })
    const second = await submit(node, 'second', { dependsOn: [first] }).catch((error: unknown) => error)
    expect(second).toMatchObject(damagedCode)
  })
})

describe('damaged events', () => {
  const numbered = (sequence: number, epoch = 1): SwarmEvent => ({
    ...sampleEvent('t1'),
    sequence,
    epoch: swarmEpoch(epoch),
  })
  const readAll = async (damaged: ReadonlySet<number>, pageSize: number): Promise<readonly string[]> => {
    const log = Array.from({ length: 9 }, (_, index) => numbered(index + 1))
    const read = (after: number, countMax: number): EventPage => {
      const looked = log.filter(({ sequence }) => sequence > after).slice(0, countMax)
      return {
        events: looked.filter(({ sequence }) => !damaged.has(sequence)),
        firstSequence: 1,
        lastSequence: log.length,
        damaged: looked
          .filter(({ sequence }) => damaged.has(sequence))
          .map(({ sequence }) => ({ fromSequence: sequence, toSequence: sequence })),
      }
    }
    const options = { since: { sequence: 0 }, matches: () => true, onClose: () => undefined }
    const reader = new EventReader(options, { read, readStored: read, onLoss: () => undefined })
    const seen: string[] = []
    for (;;) {
      const { found, isAtEnd } = await reader.scan(pageSize)
      seen.push(...found.map(inShort))
      if (isAtEnd) return seen
    }
  }

  it.each([
    ['in the middle', [4], ['1', '2', '3', 'damaged 4-4', '5', '6', '7', '8', '9']],
    ['at both ends', [1, 9], ['damaged 1-1', '2', '3', '4', '5', '6', '7', '8', 'damaged 9-9']],
    ['a whole page of them', [3, 4, 5, 6], ['1', '2', '3', '4', '5', '6', '7', '8', '9']],
  ])('%s are a gap, and what is around them is read', async (_, numbers, expected) => {
    for (const pageSize of [1, 2, 3, 20]) {
      const seen = await readAll(new Set(numbers), pageSize)
      const flat = seen.flatMap((each) => (each.startsWith('damaged') ? spread(each) : [each]))
      expect(flat.map((each) => each.replace('damaged ', ''))).toEqual(
        expected.map((each) => each.replace(/^damaged (\d+)-\d+$/, '$1')),
      )
      expect(flat.filter((each) => each.startsWith('damaged'))).toEqual(numbers.map((n) => `damaged ${n}`))
    }
  })

  it('are trimmed by age with those around them', async () => {
    const cluster = new Cluster({
      orchestrator: { retentionEveryMs: 1_000, eventRetentionMs: 10_000 },
    })
    const node = await cluster.node()
    for (let index = 0; index < 5; index += 1) await submit(node, `t${index}`)
    for (const sequence of [1, 2, 3]) node.infra.store.damageEvent(SCOPE, sequence)
    await cluster.pass(12_000)
    await submit(node, 'new')
    await cluster.pass(1_000)
    expect((await eventsOf(node)).map(({ subject }) => subject)).toEqual(['new'])
  })
})

function inShort(item: StreamItem): string {
  return item.type === 'event'
    ? String(item.event.sequence)
    : `${item.reason} ${item.fromSequence}-${item.toSequence}`
}

function spread(gap: string): readonly string[] {
  const [, from = '0', to = '0'] = /(\d+)-(\d+)/.exec(gap) ?? []
  return Array.from(
    { length: Number(to) - Number(from) + 1 },
    (_, index) => `damaged ${Number(from) + index}`,
  )
}
