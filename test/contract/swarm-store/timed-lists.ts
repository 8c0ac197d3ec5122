import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { EpochMs, Scope } from '#domain/model/ids.ts'
import { recordKind } from '#domain/model/record-kind.ts'
import { put, type RecordWrite, remove } from '#domain/ports/records.ts'
import type { TimedListRequest } from '#domain/ports/swarm-store.ts'
import { type InfraUnderTest, openSwarm, type SetupInfra, type Swarm, write } from '../infra-under-test.ts'

interface Note {
  readonly text: string
  readonly expiresAt?: number
}

/** A kind with an index by time, which an adapter under test has to be told of. */
export const NOTE_RECORDS = recordKind<Note>('note_of_tests', {
  timeOf: ({ expiresAt }) => expiresAt as EpochMs,
})

const FAR = Number.MAX_SAFE_INTEGER as EpochMs

export function describeTimedLists(setup: SetupInfra): void {
  describe('lists by time', () => {
    let t: InfraUnderTest
    let swarm: Swarm

    beforeEach(async () => {
      t = await setup()
      swarm = await openSwarm(t)
    })
    afterEach(() => t.teardown())

    const note = (id: string, expiresAt?: number, text = id): RecordWrite<Note> =>
      put(NOTE_RECORDS, id, { text, ...(expiresAt === undefined ? {} : { expiresAt }) })
    const writeAll = (...writes: readonly RecordWrite[]): Promise<unknown> => write(t, swarm, { writes })
    const listed = async (
      request: Partial<TimedListRequest<Note>> = {},
      scope: Scope = swarm.scope,
    ): Promise<readonly string[]> => {
      const all = { scope, kind: NOTE_RECORDS, upTo: FAR, countMax: 100, ...request }
      return (await t.infra.store.listByTime(all)).map(({ key }) => key.id)
    }

    it('are empty where nothing was written', async () => {
      expect(await listed()).toEqual([])
      expect(await listed({ after: { time: 5 as EpochMs, id: 'a' } })).toEqual([])
    })

    it('go by time, then by id, with versions and values', async () => {
      await writeAll(note('d', 900), note('b', 1_000), note('a', 10_000), note('c', 1_000), note('e'))
      expect(await listed()).toEqual(['d', 'b', 'c', 'a'])
      await writeAll(note('d', 900, 'again'))
      const [first] = await t.infra.store.listByTime({
        scope: swarm.scope,
        kind: NOTE_RECORDS,
        upTo: FAR,
        countMax: 1,
      })
      const key = { kind: NOTE_RECORDS, id: 'd' }
      expect(first).toEqual({ key, version: 2, value: { text: 'again', expiresAt: 900 } })
    })

    it('end with the newest time asked for, itself included', async () => {
      await writeAll(note('a', 0), note('b', 1), note('c', 2), note('d', Number.MAX_SAFE_INTEGER))
      expect(await listed({ upTo: 1 as EpochMs })).toEqual(['a', 'b'])
      expect(await listed({ upTo: 0 as EpochMs })).toEqual(['a'])
      expect(await listed()).toEqual(['a', 'b', 'c', 'd'])
    })

    it('follow a record whose time changes, comes, goes, or that is removed', async () => {
      await writeAll(note('a', 10), note('b', 20), note('c', 30), note('d'))
      await writeAll(note('a', 25), note('b'), note('d', 5))
      expect(await listed()).toEqual(['d', 'a', 'c'])
      await writeAll(remove(NOTE_RECORDS, 'a'), remove(NOTE_RECORDS, 'b'))
      expect(await listed()).toEqual(['d', 'c'])
      await writeAll(note('a', 1), note('a', 40), remove(NOTE_RECORDS, 'c'), note('c', 2), note('d', 5))
      expect(await listed()).toEqual(['c', 'd', 'a'])
    })

    it('go on behind the last record of a page, whether it is there or not, within one time and over several', async () => {
      const ids = Array.from({ length: 30 }, (_, index) => `n-${String(index).padStart(2, '0')}`)
      await writeAll(...ids.map((id, index) => note(id, 100 + Math.floor(index / 10))))
      const read: string[] = []
      for (let after: TimedListRequest<Note>['after']; ; ) {
        const page = await listed({ countMax: 4, ...(after && { after }) })
        read.push(...page)
        const last = page.at(-1)
        if (last === undefined) break
        after = { time: (100 + Math.floor(ids.indexOf(last) / 10)) as EpochMs, id: last }
        await writeAll(remove(NOTE_RECORDS, last))
      }
      expect(read).toEqual(ids)
    })

    it('give no more than asked for, in one call over many', async () => {
      const ids = Array.from({ length: 2_500 }, (_, index) => `n-${String(index).padStart(4, '0')}`)
      await writeAll(...ids.map((id, index) => note(id, 5_000 - index)))
      expect(await listed({ countMax: 2_400 })).toEqual(ids.toReversed().slice(0, 2_400))
      expect(await listed({ countMax: 0 })).toEqual([])
    })

    it('are the same after a restart, and empty after a drop', async () => {
      await writeAll(note('a', 2), note('b', 1), note('c'))
      await t.reopen()
      expect(await listed()).toEqual(['b', 'a'])
      const outcome = await t.infra.coordination.claim(swarm.scope, 0)
      if (!outcome.isHeld) throw new Error('nobody else coordinates')
      const again = { ...swarm, epoch: outcome.epoch }
      await write(t, again, { writes: [note('b', 3), remove(NOTE_RECORDS, 'a')] })
      expect(await listed()).toEqual(['b'])
      await t.infra.store.drop(swarm.scope, outcome.epoch)
      expect(await listed()).toEqual([])
    })

    it('keep swarms apart', async () => {
      const other = await openSwarm(t, 'other')
      await writeAll(note('a', 1))
      await write(t, other, { writes: [note('b', 1)] })
      expect(await listed({}, other.scope)).toEqual(['b'])
    })

    it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])(
      'refuse the time %d, and change nothing',
      async (time) => {
        await expect(writeAll(note('a', 1), note('b', time))).rejects.toThrow(/time/)
        expect(await listed()).toEqual([])
        expect(await t.infra.store.get(swarm.scope, { kind: NOTE_RECORDS, id: 'a' })).toBeUndefined()
      },
    )
  })
}
