import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SwarmEvent } from '#domain/model/events.ts'
import { putNumber, sampleEvent } from '../../helpers/sample-records.ts'
import {
  freshScope,
  type InfraUnderTest,
  openSwarm,
  type SetupInfra,
  type Swarm,
  write,
} from '../infra-under-test.ts'

export function describeEvents(setup: SetupInfra): void {
  describe('events', () => {
    let t: InfraUnderTest
    let swarm: Swarm

    beforeEach(async () => {
      t = await setup()
      swarm = await openSwarm(t)
    })
    afterEach(() => t.teardown())

    const append = (count: number): Promise<unknown> =>
      write(t, swarm, { events: Array.from({ length: count }, (_, index) => sampleEvent(`s-${index}`)) })
    const sequences = (events: readonly SwarmEvent[]): readonly number[] =>
      events.map(({ sequence }) => sequence)
    const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1)

    it('describes the log of a scope that was never written as empty', async () => {
      const page = await t.infra.store.readEvents(freshScope(), 0, 10)
      expect(page).toMatchObject({ events: [], firstSequence: 1, lastSequence: 0 })
    })

    it('numbers events from 1 and gives them back as they were, with number and epoch', async () => {
      const drafts = [
        sampleEvent('a', {
          type: 'task.submitted',
          data: { text: '漢字 🦜', list: [1, null, { deep: true }] },
        }),
        sampleEvent('b', { type: 'agent.online', data: {} }),
      ]
      const { events } = await write(t, swarm, { events: drafts })
      const expected = drafts.map((draft, index) => ({ ...draft, sequence: index + 1, epoch: swarm.epoch }))
      expect(events).toEqual(expected)
      expect(await t.infra.store.readEvents(swarm.scope, 0, 10)).toMatchObject({
        events: expected,
        firstSequence: 1,
        lastSequence: 2,
      })
    })

    it('numbers without a hole or a repetition when 300 steps append at once', async () => {
      const steps = Array.from({ length: 300 }, (_, index) =>
        write(t, swarm, {
          writes: [putNumber(`n-${index}`, index)],
          events: Array.from({ length: index % 4 }, () => sampleEvent(`n-${index}`)),
        }),
      )
      const committed = (await Promise.all(steps)).flatMap(({ events }) => events)
      const { events } = await t.infra.store.readEvents(swarm.scope, 0, 1_000)
      expect(sequences(events)).toEqual(upTo(450))
      expect(committed).toEqual(events)
    })

    it('leaves no hole where steps are refused', async () => {
      const steps = Array.from({ length: 60 }, (_, index) =>
        t.infra.store.transact({
          ...swarm,
          keys: [],
          decide: () => {
            if (index % 2 === 1) throw new RangeError('no')
            return { writes: [], events: [sampleEvent(`s-${index}`)], ready: [], result: null }
          },
        }),
      )
      await Promise.allSettled(steps)
      const { events } = await t.infra.store.readEvents(swarm.scope, 0, 100)
      expect(sequences(events)).toEqual(upTo(30))
    })

    it('pages through the log from any number', async () => {
      await append(25)
      const { store } = t.infra
      const read: number[] = []
      for (let after = 0; ; ) {
        const page = await store.readEvents(swarm.scope, after, 10)
        expect(page).toMatchObject({ firstSequence: 1, lastSequence: 25 })
        if (page.events.length === 0) break
        read.push(...sequences(page.events))
        after = read.at(-1) ?? 0
      }
      expect(read).toEqual(upTo(25))
      expect(sequences((await store.readEvents(swarm.scope, 7, 2)).events)).toEqual([8, 9])
    })

    it('answers a reader who is ahead of the log with its bounds', async () => {
      await append(3)
      for (const after of [3, 4, 1_000_000, Number.MAX_SAFE_INTEGER]) {
        const page = await t.infra.store.readEvents(swarm.scope, after, 10)
        expect(page).toMatchObject({ events: [], firstSequence: 1, lastSequence: 3 })
      }
    })

    it('drops the events up to the given number, and says which is the first kept', async () => {
      await append(10)
      await t.infra.store.trimEvents(swarm.scope, 4)
      const page = await t.infra.store.readEvents(swarm.scope, 0, 3)
      expect(sequences(page.events)).toEqual([5, 6, 7])
      expect(page).toMatchObject({ firstSequence: 5, lastSequence: 10 })
      expect(page.keptCount ?? 6).toBe(6)
    })

    it('has nothing to do when trimmed up to the same or an older number again', async () => {
      await append(10)
      for (const sequence of [4, 4, 2, 0]) await t.infra.store.trimEvents(swarm.scope, sequence)
      expect(await t.infra.store.readEvents(swarm.scope, 0, 1)).toMatchObject({
        firstSequence: 5,
        lastSequence: 10,
      })
    })

    it('numbers on after everything was trimmed away', async () => {
      await append(5)
      await t.infra.store.trimEvents(swarm.scope, 1_000)
      const empty = { events: [], firstSequence: 6, lastSequence: 5 }
      expect(await t.infra.store.readEvents(swarm.scope, 0, 10)).toMatchObject(empty)
      await t.reopen()
      expect(await t.infra.store.readEvents(swarm.scope, 0, 10)).toMatchObject(empty)
      swarm = await reclaimed()
      await append(1)
      const page = await t.infra.store.readEvents(swarm.scope, 0, 10)
      expect(sequences(page.events)).toEqual([6])
      expect(page).toMatchObject({ firstSequence: 6, lastSequence: 6 })
    })

    it('trims 20 000 events', async () => {
      for (let round = 0; round < 20; round += 1) await append(1_000)
      await t.infra.store.trimEvents(swarm.scope, 19_990)
      const page = await t.infra.store.readEvents(swarm.scope, 0, 100)
      expect(sequences(page.events)).toEqual(Array.from({ length: 10 }, (_, index) => 19_991 + index))
    })

    it('keeps the logs of many swarms apart', async () => {
      const others = await Promise.all(['a', 'b', 'c'].map((name) => openSwarm(t, name)))
      await Promise.all(
        others.flatMap((other) =>
          Array.from({ length: 30 }, () => write(t, other, { events: [sampleEvent(other.scope)] })),
        ),
      )
      for (const { scope } of others) {
        const { events } = await t.infra.store.readEvents(scope, 0, 100)
        expect(sequences(events)).toEqual(upTo(30))
        expect(new Set(events.map(({ subject }) => subject))).toEqual(new Set([scope]))
      }
      await t.infra.store.trimEvents(others[0]?.scope ?? freshScope(), 30)
      expect((await t.infra.store.readEvents(others[1]?.scope ?? freshScope(), 0, 100)).events).toHaveLength(
        30,
      )
    })

    const reclaimed = async (): Promise<Swarm> => {
      const outcome = await t.infra.coordination.claim(swarm.scope, 0)
      if (!outcome.isHeld) throw new Error('not held')
      return { ...swarm, epoch: outcome.epoch }
    }
  })
}
