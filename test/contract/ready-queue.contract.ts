import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type EpochMs, epochMs } from '#domain/model/ids.ts'
import { TASK_RECORDS } from '#domain/model/task-kinds.ts'
import { ORCHESTRATOR_DEFAULTS } from '#domain/orchestration/orchestrator-options.ts'
import type { ReadyEntry, ReadyQueue } from '#domain/ports/ready-queue.ts'
import { put } from '#domain/ports/records.ts'
import { priorityRank } from '#domain/resources/priority-rank.ts'
import { readyEntryOf } from '#domain/tasks/task-machine.ts'
import { eventually } from '../helpers/eventually.ts'
import { sampleEntry, sampleTask } from '../helpers/sample-records.ts'
import {
  claimed,
  type InfraUnderTest,
  openSwarm,
  type SetupInfra,
  type Swarm,
  write,
} from './infra-under-test.ts'

const MINUTE = 60_000

/** What every ReadyQueue owes; see `domain/ports/ready-queue.ts`. */
export function describeReadyQueue(adapterName: string, setup: SetupInfra): void {
  describe(`ReadyQueue contract: ${adapterName}`, () => {
    let t: InfraUnderTest
    let swarm: Swarm
    let queue: ReadyQueue
    let now: EpochMs

    beforeEach(async () => {
      t = await setup()
      swarm = await openSwarm(t)
      queue = t.infra.readyQueueFor(swarm.scope, swarm.epoch)
      now = t.clock.now()
    })
    afterEach(() => t.teardown())

    /** Due now, and a class of its own for each minute of `rankMinutes`. */
    const entry = (id: string, rankMinutes = 0, changes: Partial<ReadyEntry> = {}): ReadyEntry =>
      sampleEntry(id, { rank: now + 2 * rankMinutes * MINUTE, readyAt: now, ...changes })

    const takenIds = async (countMax = 100): Promise<readonly string[]> =>
      (await queue.take(countMax)).map(({ taskId }) => taskId)

    it('hands out nothing when nothing was added', async () => {
      expect(await queue.take(10)).toEqual([])
    })

    it('gives an entry back as it was added', async () => {
      const added = entry('a', 1, { readyCount: 7, capabilities: ['x', 'y'], resources: { gpu: 2 } })
      await queue.add([added])
      expect(await queue.take(10)).toEqual([added])
    })

    it('hands out due entries by rank, smallest first, whatever the order they came in', async () => {
      await queue.add([entry('c', 3), entry('a', 1)])
      await queue.add([entry('d', 4), entry('b', 2)])
      expect(await takenIds()).toEqual(['a', 'b', 'c', 'd'])
    })

    it('puts a late entry of low rank before those that wait', async () => {
      await queue.add([entry('slow', 5), entry('slower', 6)])
      expect(await takenIds(1)).toEqual(['slow'])
      await queue.add([entry('urgent', 1)])
      expect(await takenIds()).toEqual(['urgent', 'slower'])
    })

    it('hands out at most as many as asked for and keeps the rest', async () => {
      await queue.add([entry('a', 1), entry('b', 2), entry('c', 3)])
      expect(await takenIds(2)).toEqual(['a', 'b'])
      expect(await takenIds(2)).toEqual(['c'])
      expect(await takenIds(2)).toEqual([])
    })

    it('hands out all of several entries of one rank', async () => {
      await queue.add(['a', 'b', 'c'].map((id) => entry(id)))
      expect((await takenIds()).toSorted()).toEqual(['a', 'b', 'c'])
    })

    it('keeps back an entry until it is due', async () => {
      const dueAt = epochMs(now + 400)
      await queue.add([entry('later', 0, { dueAt }), entry('now')])
      expect(await takenIds()).toEqual(['now'])
      expect(await takenIds(10)).toEqual([])
      await t.pass(500)
      const ids = await eventually(async () => {
        const taken = await takenIds(10)
        return taken.length > 0 && taken
      })
      expect(ids).toEqual(['later'])
    })

    it('says whether a due entry may wait in it', async () => {
      await queue.take(10)
      await eventually(() => !queue.hasReady)
      await queue.add([entry('now'), entry('later', 0, { dueAt: epochMs(now + 400) })])
      expect(queue.hasReady).toBe(true)
      expect(await takenIds()).toEqual(['now'])
      await eventually(() => !queue.hasReady || t.clock.now() >= now + 400)
      await t.pass(500)
      expect(queue.hasReady).toBe(true)
      await eventually(async () => (await takenIds(10)).includes('later'))
      await eventually(() => !queue.hasReady)
    })

    it('calls the listener when an entry is added', async () => {
      let calls = 0
      queue.onReady(() => {
        calls += 1
      })
      await queue.add([entry('a')])
      await eventually(() => calls > 0)
      expect(await takenIds()).toEqual(['a'])
    })

    it('calls the listener when an entry falls due', async () => {
      await queue.add([entry('a', 0, { dueAt: epochMs(now + 400) })])
      let isReady = false
      const lookForA = async (): Promise<void> => {
        isReady ||= (await takenIds(10)).includes('a')
      }
      queue.onReady(() => {
        void lookForA()
      })
      await t.pass(500)
      expect(await eventually(() => isReady)).toBe(true)
    })

    it('takes the same task and count added twice for one entry', async () => {
      await queue.add([entry('a'), entry('a')])
      await queue.add([entry('a')])
      expect(await takenIds()).toEqual(['a'])
      expect(await takenIds()).toEqual([])
    })

    it('does not hand out a taken entry again when it is added again', async () => {
      await queue.add([entry('a')])
      expect(await takenIds()).toEqual(['a'])
      await queue.add([entry('a')])
      expect(await takenIds()).toEqual([])
    })

    it('tells two entries of one task apart by their count', async () => {
      await queue.add([entry('a', 0, { readyCount: 1 }), entry('a', 1, { readyCount: 2 })])
      const taken = await queue.take(10)
      expect(taken.map(({ taskId, readyCount }) => `${taskId} ${readyCount}`)).toEqual(['a 1', 'a 2'])
    })

    it('never hands out an entry that was settled before it was taken', async () => {
      await queue.add([entry('a', 1), entry('b', 2), entry('c', 3, { dueAt: epochMs(now + 200) })])
      await queue.settle([entry('a'), entry('c')])
      expect(await takenIds()).toEqual(['b'])
      await t.pass(300)
      expect(await takenIds(10)).toEqual([])
    })

    it('ignores the settling of what it does not know', async () => {
      await queue.settle([entry('never-seen')])
      await queue.add([entry('a')])
      await queue.settle([entry('a', 0, { readyCount: 2 })])
      expect(await takenIds()).toEqual(['a'])
    })

    it('hands out 5 000 entries once each, in order', async () => {
      const added = Array.from({ length: 5_000 }, (_, index) => entry(`t-${index}`, (index * 7_919) % 5_000))
      for (let from = 0; from < added.length; from += 500) await queue.add(added.slice(from, from + 500))
      const taken: ReadyEntry[] = []
      await eventually(async () => {
        const some = await queue.take(700)
        taken.push(...some)
        await queue.settle(some)
        return taken.length >= added.length
      })
      expect(taken.map(({ taskId }) => taskId)).toEqual(
        added.toSorted((a, b) => a.rank - b.rank).map(({ taskId }) => taskId),
      )
    })

    it('hands out what is left, in order, after most was settled unseen', async () => {
      const added = Array.from({ length: 3_000 }, (_, index) =>
        entry(`t-${index}`, (index * 7_919) % 3_000, index % 2 === 0 ? { dueAt: epochMs(now + 200) } : {}),
      )
      const left = added.filter((_, index) => index % 10 === 0 || index % 10 === 1)
      const settled = added.filter((each) => !left.includes(each))
      // In the portions of the product: one call of thousands takes longer than a command may on a busy machine.
      for (let from = 0; from < added.length; from += 500) await queue.add(added.slice(from, from + 500))
      for (let from = 0; from < settled.length; from += 500)
        await queue.settle(settled.slice(from, from + 500))
      await t.pass(300)
      const taken: ReadyEntry[] = []
      await eventually(async () => {
        taken.push(...(await queue.take(1_000)))
        return taken.length >= left.length
      })
      expect(taken.map(({ taskId }) => taskId)).toEqual(
        left.toSorted((a, b) => a.rank - b.rank).map(({ taskId }) => taskId),
      )
      expect(await takenIds(10)).toEqual([])
    })

    it('keeps the queues of two swarms apart', async () => {
      const other = await openSwarm(t, 'other')
      const otherQueue = t.infra.readyQueueFor(other.scope, other.epoch)
      await queue.add([entry('a')])
      await otherQueue.add([entry('b')])
      expect(await takenIds()).toEqual(['a'])
      expect((await otherQueue.take(10)).map(({ taskId }) => taskId)).toEqual(['b'])
    })

    describe('across a restart', () => {
      const rankOf = (createdAt: EpochMs, priority: number): number =>
        priorityRank(createdAt, priority, ORCHESTRATOR_DEFAULTS.agingMs)

      const submit = async (id: string, priority: number): Promise<void> => {
        const sample = sampleTask(id, { createdAt: now, readyAt: now })
        const task = { ...sample, spec: { ...sample.spec, priority } }
        const ready = readyEntryOf(task, rankOf)
        await write(t, swarm, {
          writes: [put(TASK_RECORDS, id, task, { isOpen: true })],
          ready: ready ? [ready] : [],
        })
      }

      /** As a coordinator does it, see `orchestration/recovery.ts`. */
      const restart = async (): Promise<void> => {
        await t.reopen()
        swarm = { ...swarm, epoch: await claimed(t, swarm.scope) }
        queue = t.infra.readyQueueFor(swarm.scope, swarm.epoch)
        const tasks = await t.infra.store.list({
          scope: swarm.scope,
          kind: TASK_RECORDS,
          countMax: 100,
          openOnly: true,
        })
        await queue.restore(tasks.flatMap(({ value }) => readyEntryOf(value, rankOf) ?? []))
      }

      const takeAll = (count: number): Promise<readonly ReadyEntry[]> => {
        const taken: ReadyEntry[] = []
        return eventually(async () => {
          taken.push(...(await queue.take(10)))
          return taken.length >= count && taken
        })
      }

      it('hands out again what was taken and not settled, in order', async () => {
        await submit('calm', 5)
        await submit('urgent', 1)
        expect((await takeAll(2)).map(({ taskId }) => taskId).toSorted()).toEqual(['calm', 'urgent'])
        await restart()
        expect((await takeAll(2)).map(({ taskId }) => taskId)).toEqual(['urgent', 'calm'])
      })

      it('hands out what was committed and never taken', async () => {
        await submit('a', 3)
        await restart()
        expect((await takeAll(1)).map(({ taskId }) => taskId)).toEqual(['a'])
      })

      it('does not hand out what was settled when its task moved on', async () => {
        await submit('gone', 1)
        await submit('here', 3)
        const entries = await takeAll(2)
        const assigned = sampleTask('gone', { phase: 'assigned', status: 'working' })
        await write(t, swarm, { writes: [put(TASK_RECORDS, 'gone', assigned, { isOpen: true })] })
        await queue.settle(entries.filter(({ taskId }) => taskId === 'gone'))
        await restart()
        expect((await takeAll(1)).map(({ taskId }) => taskId)).toEqual(['here'])
        expect(await queue.take(10)).toEqual([])
      })
    })
  })
}
