import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { jsonText } from '#domain/model/ids.ts'
import { PAYLOAD_RECORDS, TASK_RECORDS } from '#domain/model/task-kinds.ts'
import { type TaskRecord } from '#domain/model/task-record.ts'
import { put, remove } from '#domain/ports/records.ts'
import type { ListRequest } from '#domain/ports/swarm-store.ts'
import { sampleTask } from '../../helpers/sample-records.ts'
import { type InfraUnderTest, openSwarm, type SetupInfra, type Swarm, write } from '../infra-under-test.ts'

export function describeLists(setup: SetupInfra): void {
  describe('lists', () => {
    let t: InfraUnderTest
    let swarm: Swarm

    beforeEach(async () => {
      t = await setup()
      swarm = await openSwarm(t)
    })
    afterEach(() => t.teardown())

    const putTasks = (ids: readonly string[], isOpen: boolean): Promise<unknown> =>
      write(t, swarm, { writes: ids.map((id) => put(TASK_RECORDS, id, sampleTask(id), { isOpen })) })
    const listed = async (request: Partial<ListRequest<TaskRecord>> = {}): Promise<readonly string[]> => {
      const records = await t.infra.store.list({
        scope: swarm.scope,
        kind: TASK_RECORDS,
        countMax: 100,
        ...request,
      })
      return records.map(({ key }) => key.id)
    }

    it('is empty where nothing was written', async () => {
      expect(await listed()).toEqual([])
      expect(await listed({ after: 'a', openOnly: true, isDescending: true })).toEqual([])
    })

    it('lists in the order of the ids, with versions and values', async () => {
      await putTasks(['b', 'a-2', 'a', 'a-10', 'c'], true)
      await putTasks(['a'], true)
      expect(await listed()).toEqual(['a', 'a-10', 'a-2', 'b', 'c'])
      const [first] = await t.infra.store.list({ scope: swarm.scope, kind: TASK_RECORDS, countMax: 1 })
      expect(first).toEqual({ key: { kind: TASK_RECORDS, id: 'a' }, version: 2, value: sampleTask('a') })
    })

    it('counts the records of a kind, open or not, as they come and go', async () => {
      expect(await t.infra.store.count(swarm.scope, TASK_RECORDS)).toBe(0)
      await putTasks(['a', 'b', 'c'], true)
      await putTasks(['b', 'd'], false)
      await write(t, swarm, { writes: [remove(TASK_RECORDS, 'a'), put(PAYLOAD_RECORDS, 'a', jsonText('1'))] })
      expect(await t.infra.store.count(swarm.scope, TASK_RECORDS)).toBe(3)
      expect(await t.infra.store.count(swarm.scope, PAYLOAD_RECORDS)).toBe(1)
    })

    it('gives the ids that begin with `prefix` alone, in either direction, behind `after` or not', async () => {
      const ids = ['a', 'a:', 'a:1', 'a:2', 'a:~', 'a;', 'ab', 'b']
      const task = sampleTask('a')
      await write(t, swarm, {
        writes: ids.map((id) => put(TASK_RECORDS, id, task, { isOpen: id !== 'a:2' })),
      })
      const prefix = 'a:'
      expect(await listed({ prefix })).toEqual(['a:', 'a:1', 'a:2', 'a:~'])
      expect(await listed({ prefix, isDescending: true })).toEqual(['a:~', 'a:2', 'a:1', 'a:'])
      expect(await listed({ prefix, openOnly: true })).toEqual(['a:', 'a:1', 'a:~'])
      expect(await listed({ prefix, after: 'a:1', countMax: 1 })).toEqual(['a:2'])
      expect(await listed({ prefix, after: 'a:2', isDescending: true })).toEqual(['a:1', 'a:'])
      expect(await listed({ prefix, after: 'a' })).toEqual(['a:', 'a:1', 'a:2', 'a:~'])
      expect(await listed({ prefix, after: 'b' })).toEqual([])
      expect(await listed({ prefix, after: 'a', isDescending: true })).toEqual([])
      expect(await listed({ prefix, after: 'b', isDescending: true })).toEqual(['a:~', 'a:2', 'a:1', 'a:'])
      expect(await listed({ prefix: 'c' })).toEqual([])
    })

    it('starts behind `after` and ends with `countMax`, whether `after` is there or not', async () => {
      await putTasks(['a', 'b', 'd', 'e', 'f'], true)
      expect(await listed({ after: 'b', countMax: 2 })).toEqual(['d', 'e'])
      expect(await listed({ after: 'c', countMax: 2 })).toEqual(['d', 'e'])
      expect(await listed({ after: 'f' })).toEqual([])
      expect(await listed({ after: '' })).toEqual(['a', 'b', 'd', 'e', 'f'])
    })

    it('lists backwards', async () => {
      await putTasks(['a', 'b', 'd', 'e'], true)
      expect(await listed({ isDescending: true, countMax: 3 })).toEqual(['e', 'd', 'b'])
      expect(await listed({ isDescending: true, after: 'd' })).toEqual(['b', 'a'])
      expect(await listed({ isDescending: true, after: 'c' })).toEqual(['b', 'a'])
      expect(await listed({ isDescending: true, after: 'a' })).toEqual([])
    })

    it('lists only the kind asked for', async () => {
      await putTasks(['a'], true)
      await write(t, swarm, { writes: [put(PAYLOAD_RECORDS, 'b', jsonText('1'), { isOpen: true })] })
      expect(await listed()).toEqual(['a'])
      expect(await listed({ openOnly: true })).toEqual(['a'])
    })

    it('narrows to open records, forwards and backwards', async () => {
      await putTasks(['a', 'c', 'e', 'g'], true)
      await putTasks(['b', 'd', 'f'], false)
      expect(await listed({ openOnly: true })).toEqual(['a', 'c', 'e', 'g'])
      expect(await listed({ openOnly: true, after: 'b', countMax: 2 })).toEqual(['c', 'e'])
      expect(await listed({ openOnly: true, isDescending: true, after: 'f' })).toEqual(['e', 'c', 'a'])
      expect(await listed()).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g'])
    })

    it('follows a record that closes, opens again and goes', async () => {
      await putTasks(['a', 'b'], true)
      await putTasks(['a'], false)
      expect(await listed({ openOnly: true })).toEqual(['b'])
      await putTasks(['a'], true)
      expect(await listed({ openOnly: true })).toEqual(['a', 'b'])
      await write(t, swarm, { writes: [remove(TASK_RECORDS, 'a')] })
      expect(await listed({ openOnly: true })).toEqual(['b'])
      expect(await listed()).toEqual(['b'])
      await putTasks(['a'], false)
      expect(await listed({ openOnly: true })).toEqual(['b'])
    })

    it('pages through 2 500 records', async () => {
      const ids = Array.from({ length: 2_500 }, (_, index) => `t-${String(index).padStart(4, '0')}`)
      for (let from = 0; from < ids.length; from += 500) await putTasks(ids.slice(from, from + 500), true)
      for (const openOnly of [false, true]) {
        const seen: string[] = []
        for (
          let page = await listed({ openOnly });
          page.length > 0;
          page = await listed({ openOnly, after: seen.at(-1) ?? '' })
        ) {
          seen.push(...page)
        }
        expect(seen).toEqual(ids)
      }
    })
  })
}
