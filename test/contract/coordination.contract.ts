import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { NodeId, Scope, SwarmEpoch } from '#domain/model/ids.ts'
import { PAYLOAD_RECORDS } from '#domain/model/task-kinds.ts'
import type { ClaimOutcome } from '#domain/ports/coordination.ts'
import type { Infra } from '#infra/infra.ts'
import { putNumber, sampleEvent } from '../helpers/sample-records.ts'
import { freshScope } from './infra-under-test.ts'
import type { NodesUnderTest, SetupNodes } from './nodes-under-test.ts'

/** Longer than a claim lives without being renewed. */
const LONGER_THAN_A_CLAIM_MS = 2_600

/** What a Coordination shared by several nodes owes besides what `swarm-store/epochs.ts` asks of each one. */
export function describeCoordination(adapterName: string, setup: SetupNodes): void {
  describe(`Coordination contract: ${adapterName}`, () => {
    let t: NodesUnderTest
    let ada: Infra
    let bob: Infra
    let scope: Scope

    beforeEach(async () => {
      t = await setup()
      ;[ada, bob] = t.nodes
      scope = freshScope()
    })
    afterEach(() => t.teardown())

    const claim = (node: Infra, sequenceFloor = 0): Promise<ClaimOutcome> =>
      node.coordination.claim(scope, sequenceFloor)
    const held = async (node: Infra, sequenceFloor = 0): Promise<SwarmEpoch> => {
      const outcome = await claim(node, sequenceFloor)
      if (!outcome.isHeld) throw new Error(`held by ${outcome.coordinatorId}`)
      return outcome.epoch
    }
    const append = (node: Infra, epoch: SwarmEpoch) =>
      node.store.transact({
        scope,
        epoch,
        keys: [{ kind: PAYLOAD_RECORDS, id: 'n' }],
        decide: ([record]) => {
          const next = Number(record?.value ?? 0) + 1
          return { writes: [putNumber('n', next)], events: [sampleEvent('n')], ready: [], result: next }
        },
      })

    it('tells the second claimant who coordinates', async () => {
      await held(ada)
      expect(await claim(bob)).toEqual({ isHeld: false, coordinatorId: ada.coordination.nodeId })
      expect(await bob.coordination.coordinatorOf(scope)).toBe(ada.coordination.nodeId)
    })

    it('lets one node of three win when all claim at once, and gives no epoch twice', async () => {
      const claims = t.nodes.flatMap((node) => Array.from({ length: 10 }, () => claim(node)))
      const outcomes = await Promise.all(claims)
      const epochs = outcomes.flatMap((outcome) => (outcome.isHeld ? [outcome.epoch] : []))
      expect(epochs).toHaveLength(10)
      expect(new Set(epochs).size).toBe(10)
    })

    it('names the coordinators of many scopes, place by place', async () => {
      await held(ada)
      const { nodeId } = ada.coordination
      expect(await bob.coordination.coordinatorsOf([freshScope(), scope])).toEqual([undefined, nodeId])
      expect(await bob.coordination.coordinatorsOf([])).toEqual([])
    })

    it('says whether a claim is held, until it is released', async () => {
      const epoch = await held(ada)
      expect(ada.coordination.holds(scope, epoch)).toBe(true)
      expect(bob.coordination.holds(scope, epoch)).toBe(false)
      await ada.coordination.release(scope)
      expect(ada.coordination.holds(scope, epoch)).toBe(false)
    })

    it('leaves a released scope to its successor alone', async () => {
      const [, , cat] = t.nodes
      await held(ada)
      await ada.coordination.release(scope, bob.coordination.nodeId)
      const bobHasIt = { isHeld: false, coordinatorId: bob.coordination.nodeId }
      expect(await claim(cat)).toEqual(bobHasIt)
      expect(await claim(ada)).toEqual(bobHasIt)
      expect(await claim(bob)).toMatchObject({ isHeld: true })
    })

    it('gives a released scope to others where its successor does not come', async () => {
      await held(ada)
      await ada.coordination.release(scope, 'node-that-is-gone' as NodeId)
      expect(await claim(bob)).toMatchObject({ isHeld: false })
      await delay(LONGER_THAN_A_CLAIM_MS)
      expect(await claim(bob)).toMatchObject({ isHeld: true })
    })

    it('keeps a claim alive for as long as its node lives', async () => {
      const epoch = await held(ada)
      let lostCount = 0
      ada.coordination.onLost(() => {
        lostCount += 1
      })
      await delay(LONGER_THAN_A_CLAIM_MS)
      expect(await claim(bob)).toMatchObject({ isHeld: false })
      await append(ada, epoch)
      expect(lostCount).toBe(0)
    })

    it('hands a released swarm to the next claimant at once, under a higher epoch', async () => {
      const first = await held(ada)
      await ada.coordination.release(scope)
      expect(await bob.coordination.coordinatorOf(scope)).toBeUndefined()
      expect(await held(bob)).toBeGreaterThan(first)
    })

    it('does not call a released claim lost', async () => {
      const lost: Scope[] = []
      ada.coordination.onLost((lostScope) => lost.push(lostScope))
      await held(ada)
      await ada.coordination.release(scope)
      await held(bob)
      await delay(LONGER_THAN_A_CLAIM_MS)
      expect(lost).toEqual([])
    })

    it('releases nothing that another node has claimed since', async () => {
      await held(ada)
      await ada.coordination.release(scope)
      await held(bob)
      await ada.coordination.release(scope)
      expect(await ada.coordination.coordinatorOf(scope)).toBe(bob.coordination.nodeId)
    })

    it('refuses the writes of the coordinator before, and names the one after', async () => {
      const old = await held(ada)
      await append(ada, old)
      await ada.coordination.release(scope)
      const newer = await held(bob)
      await expect(append(ada, old)).rejects.toMatchObject({
        code: 'not_coordinator',
        details: { coordinatorId: bob.coordination.nodeId },
      })
      expect((await append(bob, newer)).result).toBe(2)
    })

    it('never takes a step of the old epoch after one of the new, while two nodes fight', async () => {
      let coordinator = ada
      let epoch = await held(ada)
      const writers: Promise<unknown>[] = []
      for (let round = 0; round < 10; round += 1) {
        await append(coordinator, epoch)
        // These race with the take-over: each may come in time or too late.
        for (let step = 0; step < 20; step += 1) {
          writers.push(append(coordinator, epoch).catch(() => 'refused'))
        }
        await coordinator.coordination.release(scope)
        coordinator = coordinator === ada ? bob : ada
        epoch = await held(coordinator)
      }
      const outcomes = await Promise.all(writers)
      const acceptedCount = 10 + outcomes.filter((outcome) => outcome !== 'refused').length
      const { events } = await bob.store.readEvents(scope, 0, 1_000)
      expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1))
      const epochs = events.map((event) => event.epoch)
      expect(epochs).toEqual(epochs.toSorted((a, b) => a - b))
      expect(events).toHaveLength(acceptedCount)
      expect(Number((await bob.store.get(scope, { kind: PAYLOAD_RECORDS, id: 'n' }))?.value)).toBe(
        acceptedCount,
      )
    })

    it('shows the next coordinator all that the one before wrote, though it saw older records', async () => {
      const first = await held(ada)
      await append(ada, first)
      await ada.coordination.release(scope)
      const second = await held(bob)
      await append(bob, second)
      await bob.coordination.release(scope)
      const third = await held(ada)
      expect((await append(ada, third)).result).toBe(3)
    })

    it("serialises the nodes that write one tenant's scope at the same time", async () => {
      const [tenant = ''] = freshScope('tenants').split('/').toReversed()
      const shared = tenant as Scope
      const add = (node: Infra) =>
        node.store.transact({
          scope: shared,
          keys: [{ kind: PAYLOAD_RECORDS, id: 'n' }],
          decide: ([record]) => ({
            writes: [putNumber('n', Number(record?.value ?? 0) + 1)],
            events: [],
            ready: [],
            result: null,
          }),
        })
      for (let round = 0; round < 30; round += 1) await Promise.all(t.nodes.map(add))
      expect(await ada.store.get(shared, { kind: PAYLOAD_RECORDS, id: 'n' })).toMatchObject({
        version: 90,
        value: '90',
      })
    })
  })
}
