import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SwarmError } from '#domain/model/errors.ts'
import { agentId, type JsonText, jsonText, taskId } from '#domain/model/ids.ts'
import { PAYLOAD_RECORDS, TASK_RECORDS } from '#domain/model/task-kinds.ts'
import { put, type RecordKey } from '#domain/ports/records.ts'
import { eventually } from '../../helpers/eventually.ts'
import { putNumber, sampleEntry, sampleEvent, sampleTask } from '../../helpers/sample-records.ts'
import {
  type InfraUnderTest,
  openSwarm,
  type SetupInfra,
  type Swarm,
  updateNumber,
  write,
} from '../infra-under-test.ts'

export function describeSteps(setup: SetupInfra): void {
  describe('steps', () => {
    let t: InfraUnderTest
    let swarm: Swarm

    beforeEach(async () => {
      t = await setup()
      swarm = await openSwarm(t)
    })
    afterEach(() => t.teardown())

    const payload = (id: string): RecordKey<JsonText> => ({ kind: PAYLOAD_RECORDS, id })
    const numberAt = async (id: string): Promise<number> =>
      Number((await t.infra.store.get(swarm.scope, payload(id)))?.value ?? 0)

    it("shows decide the records in the order of its keys, and gives back decide's result", async () => {
      await write(t, swarm, { writes: [put(TASK_RECORDS, 'a', sampleTask('a')), putNumber('b', 7)] })
      const { result } = await t.infra.store.transact({
        ...swarm,
        keys: [payload('b'), payload('missing'), { kind: TASK_RECORDS, id: 'a' }],
        decide: ([number, missing, task]) => ({
          writes: [],
          events: [],
          ready: [],
          result: [number?.value, missing, task?.value.taskId, task?.version],
        }),
      })
      expect(result).toEqual(['7', undefined, 'a', 1])
    })

    it('decides on the record that is there, although it was taken for new', async () => {
      await write(t, swarm, { writes: [putNumber('old', 7)] })
      const { result } = await t.infra.store.transact({
        ...swarm,
        keys: [
          { ...payload('old'), isNew: true },
          { ...payload('new'), isNew: true },
        ],
        decide: ([old, young]) => {
          const writes = [putNumber('new', Number(old?.value ?? 0) + Number(young?.value ?? 1))]
          return { writes, events: [], ready: [], result: old?.value }
        },
      })
      expect(result).toBe('7')
      expect(await numberAt('new')).toBe(8)
    })

    it('leaves versions and numbers alone when a step writes nothing', async () => {
      await write(t, swarm, { writes: [putNumber('a', 1)], events: [sampleEvent('a')] })
      const { result } = await updateNumber(t, swarm, payload('a'), () => ({ writes: [] }))
      expect(result).toBe(1)
      expect(await t.infra.store.get(swarm.scope, payload('a'))).toMatchObject({ version: 1 })
      expect(await t.infra.store.readEvents(swarm.scope, 0, 10)).toMatchObject({ lastSequence: 1 })
    })

    it('rejects with what decide threw, and changes nothing', async () => {
      await write(t, swarm, { writes: [putNumber('a', 1)] })
      const thrown = new SwarmError('task_not_found', { taskId: taskId('a') })
      const refused = updateNumber(t, swarm, payload('a'), () => {
        throw thrown
      })
      await expect(refused).rejects.toBe(thrown)
      expect(await t.infra.store.get(swarm.scope, payload('a'))).toMatchObject({ version: 1, value: '1' })
    })

    it('carries out the neighbours of a step that throws', async () => {
      const steps = Array.from({ length: 20 }, (_, index) =>
        updateNumber(t, swarm, payload(`n-${index}`), () => {
          if (index % 3 === 0) throw new RangeError(`no to ${index}`)
          return { writes: [putNumber(`n-${index}`, index)] }
        }),
      )
      const outcomes = await Promise.allSettled(steps)
      for (const [index, { status }] of outcomes.entries()) {
        expect(status).toBe(index % 3 === 0 ? 'rejected' : 'fulfilled')
        expect(await numberAt(`n-${index}`)).toBe(index % 3 === 0 ? 0 : index)
      }
    })

    it('loses no update when 300 steps add to one number at once', async () => {
      await Promise.all(
        Array.from({ length: 300 }, () =>
          updateNumber(t, swarm, payload('sum'), (before) => ({ writes: [putNumber('sum', before + 1)] })),
        ),
      )
      expect(await numberAt('sum')).toBe(300)
      expect(await t.infra.store.get(swarm.scope, payload('sum'))).toMatchObject({ version: 300 })
    })

    it('keeps the total when 200 steps move amounts between accounts at once', async () => {
      const accounts = Array.from({ length: 5 }, (_, index) => `account-${index}`)
      await write(t, swarm, { writes: accounts.map((id) => putNumber(id, 100)) })
      const move = (from: string, to: string, amount: number): Promise<unknown> =>
        t.infra.store.transact({
          ...swarm,
          keys: [payload(from), payload(to)],
          decide: ([source, target]) => ({
            writes: [
              putNumber(from, Number(source?.value) - amount),
              putNumber(to, Number(target?.value) + amount),
            ],
            events: [],
            ready: [],
            result: null,
          }),
        })
      const account = (index: number): string => accounts[index % 5] ?? ''
      await Promise.all(
        Array.from({ length: 200 }, (_, index) =>
          move(account(index), account(index + 1 + (index % 4)), index),
        ),
      )
      const numbers = await Promise.all(accounts.map(numberAt))
      expect(numbers.reduce((sum, each) => sum + each)).toBe(500)
    })

    it('lets exactly one of 50 takers have a task', async () => {
      const key = { kind: TASK_RECORDS, id: 'a' } as const
      await write(t, swarm, { writes: [put(TASK_RECORDS, 'a', sampleTask('a'))] })
      const take = (taker: string): Promise<{ readonly result: boolean }> =>
        t.infra.store.transact({
          ...swarm,
          keys: [key],
          decide: ([task]) => {
            const isFree = task?.value.failure === undefined
            const taken = sampleTask('a', { failure: { code: 'taken', message: agentId(taker) } })
            return {
              writes: isFree ? [put(TASK_RECORDS, 'a', taken)] : [],
              events: [],
              ready: [],
              result: isFree,
            }
          },
        })
      const outcomes = await Promise.all(Array.from({ length: 50 }, (_, index) => take(`agent-${index}`)))
      expect(outcomes.filter(({ result }) => result)).toHaveLength(1)
      expect(await t.infra.store.get(swarm.scope, key)).toMatchObject({ version: 2 })
    })

    it('runs the steps of one swarm in the order they were asked for', async () => {
      const seen: number[] = []
      await Promise.all(
        Array.from({ length: 50 }, async (_, index) => {
          await updateNumber(t, swarm, payload('turn'), (before) => ({
            writes: [putNumber('turn', before + 1)],
          }))
          seen.push(index)
        }),
      )
      expect(seen).toEqual(Array.from({ length: 50 }, (_, index) => index))
    })

    it('takes a step of 1 100 keys and as many writes', async () => {
      const keys = Array.from({ length: 1_100 }, (_, index) => payload(`k-${index}`))
      for (const round of [1, 2]) {
        const { result } = await t.infra.store.transact({
          ...swarm,
          keys,
          decide: (records) => ({
            writes: keys.map(({ id }) => putNumber(id, round)),
            events: keys.map(({ id }) => sampleEvent(id)),
            ready: [],
            result: records.filter((record) => record !== undefined).length,
          }),
        })
        expect(result).toBe(round === 1 ? 0 : 1_100)
      }
      expect(await t.infra.store.readEvents(swarm.scope, 0, 1)).toMatchObject({ lastSequence: 2_200 })
      expect(await numberAt('k-1099')).toBe(2)
    })

    it('shows every reader either all of a step or nothing', async () => {
      const writers = Array.from({ length: 100 }, (_, index) =>
        write(t, swarm, {
          writes: [putNumber('x', index), putNumber('y', index)],
          events: [sampleEvent(`${index}`)],
        }),
      )
      const progress = { isDone: false }
      const reader = async (): Promise<void> => {
        while (!progress.isDone) {
          const { events, lastSequence } = await t.infra.store.readEvents(swarm.scope, 0, 1_000)
          expect(events).toHaveLength(lastSequence)
          // The number was written together with the event that is already there.
          expect(await numberAt('x')).toBeGreaterThanOrEqual(Math.max(0, lastSequence - 1))
          await nextTurn()
        }
      }
      const reading = reader()
      await Promise.all(writers)
      progress.isDone = true
      await reading
      expect([await numberAt('x'), await numberAt('y')]).toEqual([99, 99])
    })

    it('hands the outbox of a step to the ready queue', async () => {
      const queue = t.infra.readyQueueFor(swarm.scope, swarm.epoch)
      const now = t.clock.now()
      const entry = sampleEntry('a', { readyAt: now, rank: now })
      await write(t, swarm, {
        writes: [put(TASK_RECORDS, 'a', sampleTask('a'), { isOpen: true })],
        ready: [entry],
      })
      const taken = await eventually(async () => {
        const entries = await queue.take(10)
        return entries.length > 0 && entries
      })
      expect(taken).toEqual([entry])
    })

    it('hands over no outbox entry of a step that was refused', async () => {
      const queue = t.infra.readyQueueFor(swarm.scope, swarm.epoch)
      const now = t.clock.now()
      const refused = t.infra.store.transact({
        ...swarm,
        keys: [],
        decide: (): never => {
          throw new RangeError('no')
        },
      })
      await expect(refused).rejects.toThrow('no')
      await write(t, swarm, { ready: [sampleEntry('second', { readyAt: now, rank: now })] })
      const taken = await eventually(async () => {
        const entries = await queue.take(10)
        return entries.length > 0 && entries
      })
      expect(taken.map((entry) => entry.taskId)).toEqual(['second'])
    })

    it('refuses a value that is not JSON without harm to others', async () => {
      const circular: Record<string, unknown> = {}
      circular['self'] = circular
      const bad = write(t, swarm, {
        writes: [putNumber('a', 1)],
        events: [sampleEvent('a', { data: circular })],
      })
      const good = write(t, swarm, { writes: [put(PAYLOAD_RECORDS, 'b', jsonText('2'))] })
      await expect(bad).rejects.toThrow('circular')
      await good
      expect([await numberAt('a'), await numberAt('b')]).toEqual([0, 2])
      expect(t.infra.store.status().isWritable).toBe(true)
    })
  })
}
