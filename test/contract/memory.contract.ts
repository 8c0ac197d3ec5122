import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { jsonText, type Scope, swarmId, swarmScope, tenantId } from '#domain/model/ids.ts'
import type { InfraUnderTest, SetupInfra } from './infra-under-test.ts'
import { ADA, MemoryUnderTest, NAMESPACE } from './memory-under-test.ts'

/** What the memory of a swarm owes over every pair of store and coordination. */
export function describeMemory(adapterName: string, setup: SetupInfra): void {
  describe(`SwarmMemory contract: ${adapterName}`, () => {
    let t: InfraUnderTest
    let memory: MemoryUnderTest
    beforeEach(async () => {
      t = await setup()
      memory = await MemoryUnderTest.open(t)
    })
    afterEach(async () => {
      memory.stop()
      await t.teardown()
    })

    it('lets one of many concurrent writers win that expect the same version', async () => {
      await memory.put('key', 0)
      const writes = [1, 2, 3, 4, 5].map((value) => memory.put('key', value, { expectedVersion: 1 }))
      const outcomes = await Promise.allSettled(writes)
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      const refused = outcomes.flatMap((outcome) =>
        outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
      )
      expect(refused).toMatchObject(Array.from({ length: 4 }, () => ({ code: 'version_conflict' })))
      const winner = outcomes.findIndex(({ status }) => status === 'fulfilled') + 1
      expect(await memory.value('key')).toBe(String(winner))
    })

    it('never gives a version of a key again, also after it was removed', async () => {
      await memory.put('key', 1)
      const second = await memory.put('key', 2)
      await memory.memory.service.delete({ namespace: NAMESPACE, caller: ADA, keys: ['key'] })
      const third = await memory.put('key', 3, { expectedVersion: 0 })
      expect(third).toBeGreaterThan(second)
      await expect(memory.put('key', 4, { expectedVersion: second })).rejects.toMatchObject({
        code: 'version_conflict',
      })
      memory = await memory.again()
      expect(await memory.put('key', 5)).toBeGreaterThan(third)
    })

    it('keeps the newest versions and no more, and none of a record that was removed', async () => {
      for (let value = 1; value <= 15; value += 1) await memory.put('key', value)
      const values = async (): Promise<readonly string[]> =>
        (await memory.reader.history(NAMESPACE, 'key', ADA)).map(({ content }) => content)
      expect(await values()).toEqual(Array.from({ length: 11 }, (_, back) => String(15 - back)))
      await memory.memory.service.delete({ namespace: NAMESPACE, caller: ADA, keys: ['key'] })
      await memory.put('key', 'new')
      expect(await values()).toEqual(['"new"'])
    })

    it('writes all records of a batch or none', async () => {
      await memory.put('b', 1)
      const puts = ['a', 'b', 'c'].map((key) => ({ key, value: jsonText('2'), expectedVersion: 0 }))
      await expect(
        memory.memory.service.put({ namespace: NAMESPACE, caller: ADA, puts }),
      ).rejects.toMatchObject({ code: 'version_conflict' })
      const entries = await memory.reader.getMany(NAMESPACE, ['a', 'b', 'c'], ADA)
      expect(entries.map((entry) => entry?.content)).toEqual([undefined, '1', undefined])
    })

    it('keeps every key apart and as it is, and lists those with a common beginning', async () => {
      const keys = [
        'a',
        'a/b',
        'a/b/c',
        'a%2Fb',
        'a b',
        'ä',
        '東京',
        '😀',
        '__proto__',
        'search',
        'constructor',
        'a:1',
        '%',
      ]
      for (const key of keys) await memory.put(key, key)
      for (const key of keys) expect(await memory.value(key)).toBe(JSON.stringify(key))
      const listed = async (prefix: string): Promise<readonly string[]> => {
        const page = await memory.reader.list({ namespace: NAMESPACE, caller: ADA, prefix, pageSize: 100 })
        return page.records.map(({ key }) => key).toSorted()
      }
      expect(await listed('')).toEqual(keys.toSorted())
      expect(await listed('a/b')).toEqual(['a/b', 'a/b/c'])
      expect(await listed('東')).toEqual(['東京'])
    })

    it('pages through records without losing or repeating any, with and without a tag', async () => {
      const keys = Array.from({ length: 25 }, (_, at) => `key-${String(at).padStart(2, '0')}`)
      for (const [at, key] of keys.entries())
        await memory.put(key, at, { tags: at % 2 === 0 ? ['even'] : [] })
      const pages = async (tag?: string): Promise<readonly string[]> => {
        const found: string[] = []
        for (let after: string | undefined; ; ) {
          const page = await memory.reader.list({
            namespace: NAMESPACE,
            caller: ADA,
            pageSize: 7,
            ...(tag === undefined ? {} : { tag }),
            ...(after === undefined ? {} : { after }),
          })
          found.push(...page.records.map(({ key }) => key))
          if (page.next === undefined) return found
          after = page.next
        }
      }
      expect(await pages()).toEqual(keys)
      expect(await pages('even')).toEqual(keys.filter((_, at) => at % 2 === 0))
    })

    it('never gives out a record that has expired, and removes it', async () => {
      await memory.put('short', 'heron', { ttlMs: 200 })
      await memory.put('long', 'heron')
      expect(await memory.found('heron')).toHaveLength(2)
      await t.pass(200)
      expect(await memory.found('heron')).toEqual(['long'])
      await expect(memory.value('short')).rejects.toMatchObject({ code: 'memory_not_found' })
      expect(await memory.put('short', 1, { expectedVersion: 0 })).toBeGreaterThan(1)
      await memory.put('swept', 'heron', { ttlMs: 100 })
      await memory.found('heron')
      await t.pass(2_500)
      const expired = (): readonly string[] =>
        memory.events.filter(({ type }) => type === 'memory.expired').map(({ subject }) => subject)
      await expect.poll(expired).toEqual([`${NAMESPACE}/short`, `${NAMESPACE}/swept`])
    })

    it('refuses what goes over the limits of a namespace, and counts what is removed', async () => {
      await memory.memory.service.declare({
        namespace: NAMESPACE,
        caller: { role: 'operator' },
        settings: { recordsMax: 2, bytesMax: 50 },
      })
      await memory.put('a', 1)
      await memory.put('b', 1)
      await expect(memory.put('c', 1)).rejects.toMatchObject({ details: { limitName: 'memoryRecordsMax' } })
      await expect(memory.put('a', 'x'.repeat(60))).rejects.toMatchObject({
        details: { limitName: 'memoryBytesMax' },
      })
      await memory.memory.service.delete({ namespace: NAMESPACE, caller: ADA, keys: ['a'] })
      expect(await memory.put('c', 1)).toBeGreaterThan(0)
    })

    it('shares the bytes of a tenant between its swarms', async () => {
      const options = { memoryTenantBytesMax: 1_000 }
      const tenant = tenantId(`tenant-${process.pid}-${Math.trunc(performance.now())}`)
      const scope = (name: string): Scope => swarmScope(tenant, swarmId(name))
      const other = await MemoryUnderTest.open(t, options, scope('one'))
      await other.put('a', 'x'.repeat(600))
      const third = await MemoryUnderTest.open(t, options, scope('two'))
      await expect(third.put('a', 'x'.repeat(600))).rejects.toMatchObject({
        code: 'limit_exceeded',
        details: { limitName: 'memoryTenantBytesMax' },
      })
      await other.memory.release()
      await third.put('a', 'x'.repeat(600))
      await third.memory.release()
      for (const opened of [other, third]) opened.stop()
    })

    it('merges replicated records whatever comes twice or late, and writes nothing for what it knows', async () => {
      const merge = (n: number): Promise<unknown> =>
        memory.memory.service.operate({
          namespace: NAMESPACE,
          caller: ADA,
          key: 'count',
          operation: { type: 'counter', replica: 'one', n, amount: 1 },
        })
      for (const n of [3, 1, 1, 2, 3, 4]) await merge(n)
      const { record, content } = await memory.reader.get(NAMESPACE, 'count', ADA)
      expect([record.version, JSON.parse(content)]).toEqual([
        4,
        { type: 'counter', entries: [['one', 4, 4, 0, []]] },
      ])
      await expect(memory.put('count', 1)).rejects.toMatchObject({ code: 'memory_type_conflict' })
    })

    it('finds what was written before a restart, and what is written after', async () => {
      const puts = Array.from({ length: 500 }, (_, at) => ({
        key: `key-${at}`,
        value: jsonText(at % 100 === 0 ? '"heron"' : '"crane"'),
      }))
      await memory.memory.service.put({ namespace: NAMESPACE, caller: ADA, puts })
      await memory.memory.service.delete({ namespace: NAMESPACE, caller: ADA, keys: ['key-100'] })
      memory = await memory.again()
      await memory.put('new', 'heron')
      const { isComplete } = await memory.search('heron')
      expect(isComplete).toBe(true)
      expect([...(await memory.found('heron'))].toSorted()).toEqual([
        'key-0',
        'key-200',
        'key-300',
        'key-400',
        'new',
      ])
    })
  })
}
