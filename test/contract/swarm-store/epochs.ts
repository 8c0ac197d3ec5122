import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type JsonText, swarmEpoch, tenantId, tenantScope } from '#domain/model/ids.ts'
import { PAYLOAD_RECORDS } from '#domain/model/task-kinds.ts'
import type { RecordKey } from '#domain/ports/records.ts'
import { putNumber, sampleEvent } from '../../helpers/sample-records.ts'
import {
  claimed,
  freshScope,
  type InfraUnderTest,
  openSwarm,
  type SetupInfra,
  type Swarm,
  updateNumber,
  write,
} from '../infra-under-test.ts'

const START_OF_2026_MS = Date.UTC(2026, 0, 1)

export function describeEpochs(setup: SetupInfra): void {
  describe('epochs', () => {
    let t: InfraUnderTest
    let swarm: Swarm

    beforeEach(async () => {
      t = await setup()
      swarm = await openSwarm(t)
    })
    afterEach(() => t.teardown())

    const key: RecordKey<JsonText> = { kind: PAYLOAD_RECORDS, id: 'a' }

    it('starts no lower than the seconds since 2026, and rises with every claim', async () => {
      const secondsSince2026 = Math.floor((t.clock.now() - START_OF_2026_MS) / 1_000)
      expect(swarm.epoch).toBeGreaterThanOrEqual(secondsSince2026 - 1)
      const second = await claimed(t, swarm.scope)
      const third = await claimed(t, swarm.scope)
      expect(second).toBeGreaterThan(swarm.epoch)
      expect(third).toBeGreaterThan(second)
    })

    it('refuses a step of an older epoch, and changes nothing', async () => {
      await write(t, swarm, { writes: [putNumber('a', 1)], events: [sampleEvent('a')] })
      const newer = { ...swarm, epoch: await claimed(t, swarm.scope) }
      const late = write(t, swarm, { writes: [putNumber('a', 2)], events: [sampleEvent('a')] })
      await expect(late).rejects.toMatchObject({ code: 'not_coordinator' })
      expect(await t.infra.store.get(swarm.scope, key)).toMatchObject({ version: 1, value: '1' })
      const { events } = await write(t, newer, { events: [sampleEvent('a')] })
      expect(events[0]).toMatchObject({ sequence: 2, epoch: newer.epoch })
    })

    it('refuses an epoch that was never given', async () => {
      const invented = { ...swarm, epoch: swarmEpoch(swarm.epoch + 1) }
      await expect(write(t, invented, { writes: [putNumber('a', 1)] })).rejects.toMatchObject({
        code: 'not_coordinator',
      })
      const unclaimed = { scope: freshScope(), epoch: swarm.epoch }
      await expect(write(t, unclaimed, {})).rejects.toMatchObject({ code: 'not_coordinator' })
    })

    it('refuses a step without an epoch where somebody coordinates', async () => {
      const bare = t.infra.store.transact({
        scope: swarm.scope,
        keys: [],
        decide: () => ({ writes: [putNumber('a', 1)], events: [], ready: [], result: null }),
      })
      await expect(bare).rejects.toMatchObject({ code: 'not_coordinator' })
      expect(await t.infra.store.get(swarm.scope, key)).toBeUndefined()
    })

    it("takes steps without an epoch in a tenant's own scope", async () => {
      const scope = tenantScope(tenantId(`tenant-${process.pid}-${Math.floor(performance.now() * 1_000)}`))
      const add = () =>
        t.infra.store.transact({
          scope,
          keys: [key],
          decide: ([record]) => {
            const sum = Number(record?.value ?? 0) + 1
            return { writes: [putNumber('a', sum)], events: [sampleEvent('a')], ready: [], result: sum }
          },
        })
      const sums = await Promise.all(Array.from({ length: 20 }, async () => (await add()).result))
      expect(sums.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
      expect((await t.infra.store.readEvents(scope, 0, 100)).lastSequence).toBe(20)
    })

    it('never takes a step of an old epoch once a claim was answered, however many are under way', async () => {
      const steps = Array.from({ length: 100 }, () =>
        updateNumber(t, swarm, key, (before) => ({ writes: [putNumber('a', before + 1)] })).then(
          () => true,
          () => false,
        ),
      )
      const newer = { ...swarm, epoch: await claimed(t, swarm.scope) }
      const { result: whenClaimed } = await updateNumber(t, newer, key, () => ({ writes: [] }))
      const accepted = (await Promise.all(steps)).filter((isAccepted) => isAccepted).length
      expect(Number((await t.infra.store.get(swarm.scope, key))?.value ?? 0)).toBe(whenClaimed)
      expect(accepted).toBe(whenClaimed)
    })

    it('goes on above the sequence floor of a claim, and calls what lies between nothing', async () => {
      await write(t, swarm, { events: [sampleEvent('a'), sampleEvent('b')] })
      const newer = { ...swarm, epoch: await claimed(t, swarm.scope, 100) }
      const { events } = await write(t, newer, { events: [sampleEvent('c'), sampleEvent('d')] })
      expect(events.map(({ sequence }) => sequence)).toEqual([101, 102])
      const page = await t.infra.store.readEvents(swarm.scope, 0, 10)
      expect(page.events.map(({ sequence }) => sequence)).toEqual([1, 2, 101, 102])
      expect(page).toMatchObject({ firstSequence: 1, lastSequence: 102 })
    })

    it('does not go back for a sequence floor below what is there', async () => {
      await write(t, swarm, { events: [sampleEvent('a'), sampleEvent('b')] })
      const newer = { ...swarm, epoch: await claimed(t, swarm.scope, 1) }
      const { events } = await write(t, newer, { events: [sampleEvent('c')] })
      expect(events.map(({ sequence }) => sequence)).toEqual([3])
    })

    it('knows who coordinates, until it is released', async () => {
      const { coordination } = t.infra
      expect(await coordination.coordinatorOf(swarm.scope)).toBe(coordination.nodeId)
      await coordination.release(swarm.scope)
      expect(await coordination.coordinatorOf(swarm.scope)).toBeUndefined()
      expect(await coordination.coordinatorOf(freshScope())).toBeUndefined()
    })
  })
}
