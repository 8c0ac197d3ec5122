import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { jsonText } from '#domain/model/ids.ts'
import { PAYLOAD_RECORDS, TASK_RECORDS } from '#domain/model/task-kinds.ts'
import { type TaskRecord } from '#domain/model/task-record.ts'
import { put, type RecordKey } from '#domain/ports/records.ts'
import { TOPOLOGY_RECORDS } from '#domain/topology/topology-record.ts'
import { sampleEvent, sampleTask } from '../../helpers/sample-records.ts'
import {
  claimed,
  type InfraUnderTest,
  openSwarm,
  type SetupInfra,
  type Swarm,
  write,
} from '../infra-under-test.ts'

export function describeRestarts(setup: SetupInfra): void {
  describe('restarts and drops', () => {
    let t: InfraUnderTest
    let swarm: Swarm

    beforeEach(async () => {
      t = await setup()
      swarm = await openSwarm(t)
    })
    afterEach(() => t.teardown())

    const key: RecordKey<TaskRecord> = { kind: TASK_RECORDS, id: 'a' }
    const fill = async (into: Swarm): Promise<void> => {
      await write(t, into, {
        writes: [
          put(TASK_RECORDS, 'a', sampleTask('a'), { isOpen: true }),
          put(PAYLOAD_RECORDS, 'a', jsonText('{}')),
        ],
        events: [sampleEvent('a'), sampleEvent('a')],
      })
    }

    it('says that it is writable, and how durable its answers are', () => {
      const { isWritable, reason, durability } = t.infra.store.status()
      expect({ isWritable, reason }).toEqual({ isWritable: true, reason: undefined })
      expect(['synced', 'committed']).toContain(durability)
    })

    it('has everything again after a restart: records, versions, open index, events', async () => {
      await fill(swarm)
      await write(t, swarm, {
        writes: [put(TASK_RECORDS, 'a', sampleTask('a', { attempt: 1 }), { isOpen: true })],
      })
      await t.reopen()
      const { store } = t.infra
      expect(await store.get(swarm.scope, key)).toEqual({
        key,
        version: 2,
        value: sampleTask('a', { attempt: 1 }),
      })
      const open = await store.list({ scope: swarm.scope, kind: TASK_RECORDS, countMax: 10, openOnly: true })
      expect(open.map(({ version }) => version)).toEqual([2])
      expect(await store.readEvents(swarm.scope, 0, 10)).toMatchObject({ lastSequence: 2, events: [{}, {}] })
    })

    it('refuses the epoch from before a restart once the swarm was claimed again', async () => {
      await t.reopen()
      const newer = { ...swarm, epoch: await claimed(t, swarm.scope) }
      expect(newer.epoch).toBeGreaterThan(swarm.epoch)
      await expect(write(t, swarm, {})).rejects.toMatchObject({ code: 'not_coordinator' })
      await fill(newer)
    })

    it('numbers events on across restarts', async () => {
      for (let round = 0; round < 3; round += 1) {
        await fill(swarm)
        await t.reopen()
        swarm = { ...swarm, epoch: await claimed(t, swarm.scope) }
      }
      const { events } = await t.infra.store.readEvents(swarm.scope, 0, 100)
      expect(events.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6])
    })

    it('counts versions on across restarts', async () => {
      await fill(swarm)
      await t.reopen()
      swarm = { ...swarm, epoch: await claimed(t, swarm.scope) }
      const { result } = await t.infra.store.transact({
        ...swarm,
        keys: [key],
        decide: ([record]) => ({
          writes: [put(TASK_RECORDS, 'a', sampleTask('a'), { isOpen: false })],
          events: [],
          ready: [],
          result: record?.version,
        }),
      })
      expect(result).toBe(1)
      expect(await t.infra.store.get(swarm.scope, key)).toMatchObject({ version: 2 })
      expect(
        await t.infra.store.list({ scope: swarm.scope, kind: TASK_RECORDS, countMax: 10, openOnly: true }),
      ).toEqual([])
    })

    it('drops all that a swarm holds, and nothing of its neighbours', async () => {
      const neighbour = await openSwarm(t, 'neighbour')
      await fill(swarm)
      await fill(neighbour)
      const kept = { version: 1, leaderId: null }
      await write(t, swarm, { writes: [put(TOPOLOGY_RECORDS, 'topology', kept)] })
      await t.infra.store.drop(swarm.scope, swarm.epoch)
      const { store } = t.infra
      const everything = { scope: swarm.scope, kind: TASK_RECORDS, countMax: 10 } as const
      expect(await store.get(swarm.scope, key)).toBeUndefined()
      expect(await store.get(swarm.scope, { kind: TOPOLOGY_RECORDS, id: 'topology' })).toBeUndefined()
      expect(await store.list(everything)).toEqual([])
      expect(await store.list({ ...everything, openOnly: true })).toEqual([])
      expect((await store.readEvents(swarm.scope, 0, 10)).events).toEqual([])
      expect(await store.list({ ...everything, scope: neighbour.scope, openOnly: true })).toHaveLength(1)
      expect((await store.readEvents(neighbour.scope, 0, 10)).events).toHaveLength(2)
    })

    it('gives no epoch or number of a dropped swarm again', async () => {
      await fill(swarm)
      await t.infra.store.drop(swarm.scope, swarm.epoch)
      await t.reopen()
      expect(await t.infra.store.readEvents(swarm.scope, 0, 10)).toMatchObject({
        events: [],
        firstSequence: 3,
        lastSequence: 2,
      })
      const next = { ...swarm, epoch: await claimed(t, swarm.scope) }
      expect(next.epoch).toBeGreaterThan(swarm.epoch)
      const { events } = await write(t, next, { events: [sampleEvent('a')] })
      expect(events.map(({ sequence }) => sequence)).toEqual([3])
    })

    it('refuses to drop under an older epoch: what a newer coordinatorship wrote stays', async () => {
      const newer = { ...swarm, epoch: await claimed(t, swarm.scope) }
      await fill(newer)
      const { store } = t.infra
      await expect(store.drop(swarm.scope, swarm.epoch)).rejects.toMatchObject({ code: 'not_coordinator' })
      expect(await store.get(swarm.scope, key)).toMatchObject({ version: 1 })
      expect((await store.readEvents(swarm.scope, 0, 10)).events).toHaveLength(2)
    })

    it('drops a swarm of 10 000 records', async () => {
      const ids = Array.from({ length: 10_000 }, (_, index) => `t-${index}`)
      for (let from = 0; from < ids.length; from += 1_000) {
        const part = ids.slice(from, from + 1_000)
        await write(t, swarm, {
          writes: part.map((id) => put(PAYLOAD_RECORDS, id, jsonText('1'), { isOpen: true })),
        })
      }
      await t.infra.store.drop(swarm.scope, swarm.epoch)
      expect(await t.infra.store.count(swarm.scope, PAYLOAD_RECORDS)).toBe(0)
    })

    it('refuses what comes after the close', async () => {
      const { store } = t.infra
      await t.reopen()
      const late = store.transact({
        ...swarm,
        keys: [],
        decide: () => ({ writes: [], events: [], ready: [], result: null }),
      })
      await expect(late).rejects.toMatchObject({ code: 'store_unavailable' })
    })
  })
}
