import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AGENT_RECORDS } from '#domain/model/agent-record.ts'
import { IDEMPOTENCY_RECORDS } from '#domain/model/idempotency-record.ts'
import { type JsonText, jsonText } from '#domain/model/ids.ts'
import { PAYLOAD_RECORDS, RESULT_RECORDS, TASK_RECORDS } from '#domain/model/task-kinds.ts'
import { put, type RecordKey, remove } from '#domain/ports/records.ts'
import { sampleAgent, sampleTask } from '../../helpers/sample-records.ts'
import {
  freshScope,
  type InfraUnderTest,
  openSwarm,
  type SetupInfra,
  type Swarm,
  write,
} from '../infra-under-test.ts'

const EVERY_ID_CHARACTER = Array.from({ length: 0x7f - 0x20 }, (_, index) =>
  String.fromCharCode(0x20 + index),
)
  .join('')
  .replace('/', '')

const AWKWARD_TEXTS = [
  '""',
  'null',
  '{ "spaces" :  [1,\t2 ,\n3] }',
  '{"b":1,"a":1,"b":2}',
  '1.0e+2',
  '"é ü ß 漢字 🦜 \\ud83e\\udd9c \\u0000 \u2028"',
]

export function describeRecords(setup: SetupInfra): void {
  describe('records', () => {
    let t: InfraUnderTest
    let swarm: Swarm

    beforeEach(async () => {
      t = await setup()
      swarm = await openSwarm(t)
    })
    afterEach(() => t.teardown())

    const payload = (id: string): RecordKey<JsonText> => ({ kind: PAYLOAD_RECORDS, id })

    it('answers undefined for a record that was never written', async () => {
      expect(await t.infra.store.get(swarm.scope, payload('a'))).toBeUndefined()
      expect(await t.infra.store.get(freshScope('unknown'), payload('a'))).toBeUndefined()
    })

    it('gives back what was written, with version 1', async () => {
      const task = sampleTask('a', { attempts: [], progress: { ratio: 0.5, message: 'half – done' } })
      await write(t, swarm, { writes: [put(TASK_RECORDS, 'a', task)] })
      const key = { kind: TASK_RECORDS, id: 'a' } as const
      expect(await t.infra.store.get(swarm.scope, key)).toEqual({ key, version: 1, value: task })
    })

    it('raises the version with every write of the record, and of no other', async () => {
      await write(t, swarm, {
        writes: [put(AGENT_RECORDS, 'a', sampleAgent('a')), put(AGENT_RECORDS, 'b', sampleAgent('b'))],
      })
      for (const epoch of [2, 3]) {
        await write(t, swarm, { writes: [put(AGENT_RECORDS, 'a', sampleAgent('a', { epoch }))] })
      }
      const [a, b] = await t.infra.store.getMany(swarm.scope, [
        { kind: AGENT_RECORDS, id: 'a' },
        { kind: AGENT_RECORDS, id: 'b' },
      ])
      expect([a?.version, a?.value.epoch, b?.version]).toEqual([3, 3, 1])
    })

    it('removes a record, and counts from 1 again when it comes back', async () => {
      await write(t, swarm, { writes: [put(PAYLOAD_RECORDS, 'a', jsonText('1'))] })
      await write(t, swarm, { writes: [put(PAYLOAD_RECORDS, 'a', jsonText('2'))] })
      await write(t, swarm, { writes: [remove(PAYLOAD_RECORDS, 'a')] })
      expect(await t.infra.store.get(swarm.scope, payload('a'))).toBeUndefined()
      await write(t, swarm, { writes: [put(PAYLOAD_RECORDS, 'a', jsonText('3'))] })
      expect(await t.infra.store.get(swarm.scope, payload('a'))).toMatchObject({ version: 1, value: '3' })
    })

    it('takes the removal of what is not there', async () => {
      await write(t, swarm, {
        writes: [remove(PAYLOAD_RECORDS, 'a'), put(PAYLOAD_RECORDS, 'b', jsonText('1'))],
      })
      expect(await t.infra.store.get(swarm.scope, payload('b'))).toMatchObject({ version: 1 })
    })

    it('answers getMany place by place, with holes and repetitions', async () => {
      await write(t, swarm, {
        writes: [put(PAYLOAD_RECORDS, 'a', jsonText('1')), put(PAYLOAD_RECORDS, 'c', jsonText('3'))],
      })
      const found = await t.infra.store.getMany(swarm.scope, ['c', 'b', 'a', 'c'].map(payload))
      expect(found.map((record) => record?.value)).toEqual(['3', undefined, '1', '3'])
    })

    it('keeps records of one id and several kinds apart', async () => {
      await write(t, swarm, {
        writes: [
          put(PAYLOAD_RECORDS, 'a', jsonText('1')),
          put(RESULT_RECORDS, 'a', jsonText('2')),
          put(TASK_RECORDS, 'a', sampleTask('a')),
        ],
      })
      await write(t, swarm, { writes: [remove(PAYLOAD_RECORDS, 'a')] })
      expect(await t.infra.store.get(swarm.scope, payload('a'))).toBeUndefined()
      expect(await t.infra.store.get(swarm.scope, { kind: RESULT_RECORDS, id: 'a' })).toMatchObject({
        value: '2',
      })
      expect(await t.infra.store.get(swarm.scope, { kind: TASK_RECORDS, id: 'a' })).toMatchObject({
        version: 1,
      })
    })

    it.each(AWKWARD_TEXTS)('keeps JSON text to the letter: %s', async (text) => {
      await write(t, swarm, { writes: [put(PAYLOAD_RECORDS, 'a', jsonText(text))] })
      await write(t, swarm, { writes: [put(PAYLOAD_RECORDS, 'b', jsonText('0'))] })
      expect((await t.infra.store.get(swarm.scope, payload('a')))?.value).toBe(text)
      await t.reopen()
      expect((await t.infra.store.get(swarm.scope, payload('a')))?.value).toBe(text)
    })

    it('keeps payloads of 128 KiB, many in one step', async () => {
      const texts = Array.from({ length: 20 }, (_, index) => {
        const filler = (index % 2 === 0 ? 'x' : '漢').repeat(131_072)
        return jsonText(JSON.stringify(`${index} ${filler}`).slice(0, 43_690))
      })
      const wide = jsonText(JSON.stringify('x'.repeat(131_070)))
      const writes = [...texts, wide].map((text, index) => put(PAYLOAD_RECORDS, `p-${index}`, text))
      await write(t, swarm, { writes })
      const found = await t.infra.store.getMany(
        swarm.scope,
        writes.map(({ key }) => key),
      )
      expect(found.map((record) => record?.value)).toEqual([...texts, wide])
    })

    it('takes ids of every allowed character, up to 255 of them', async () => {
      const ids = [EVERY_ID_CHARACTER, 'x'.repeat(255), ' ', '~', '{a}:b*c?[d]\\']
      await write(t, swarm, { writes: ids.map((id) => put(IDEMPOTENCY_RECORDS, id, record(id))) })
      for (const id of ids) {
        const found = await t.infra.store.get(swarm.scope, { kind: IDEMPOTENCY_RECORDS, id })
        expect(found?.value).toEqual(record(id))
      }
      const listed = await t.infra.store.list({ scope: swarm.scope, kind: IDEMPOTENCY_RECORDS, countMax: 10 })
      expect(listed.map(({ key }) => key.id)).toEqual(ids.toSorted())
    })

    it('keeps the records of many swarms apart, also where one name begins with another', async () => {
      const swarms = [swarm, await openSwarm(t, 'a'), await openSwarm(t, 'a-b'), await openSwarm(t, 'ab')]
      for (const [index, each] of swarms.entries()) {
        await write(t, each, { writes: [put(TASK_RECORDS, 'a', sampleTask('a', { attempt: index }))] })
      }
      for (const [index, { scope }] of swarms.entries()) {
        const listed = await t.infra.store.list({ scope, kind: TASK_RECORDS, countMax: 10 })
        expect(listed.map(({ value }) => value.attempt)).toEqual([index])
      }
    })
  })
}

function record(fingerprint: string) {
  return { fingerprint, taskIds: [], createdAt: sampleTask('a').createdAt }
}
