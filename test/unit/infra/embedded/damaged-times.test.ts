import { afterEach, beforeEach, expect, it } from 'vitest'
import { type EpochMs, type SwarmEpoch, swarmId, swarmScope, tenantId } from '#domain/model/ids.ts'
import { put } from '#domain/ports/records.ts'
import { LmdbSwarmStore } from '#infra/embedded/lmdb-swarm-store.ts'
import { type RecordTableKey, timeKey } from '#infra/embedded/lmdb-tables.ts'
import { ManualClock } from '#simulation/manual-clock.ts'
import { MemoryLogger } from '#simulation/memory/memory-logger.ts'
import { NOTE_RECORDS } from '../../../contract/swarm-store/timed-lists.ts'
import { SAMPLE_TIME } from '../../../helpers/sample-records.ts'
import { openTemporaryTables, type TemporaryTables } from './temporary-tables.ts'

const scope = swarmScope(tenantId('acme'), swarmId('alpha'))
const place = (id: string): RecordTableKey => [scope, NOTE_RECORDS.name, id]

let temporary: TemporaryTables
let store: LmdbSwarmStore
let epoch: SwarmEpoch

const openStore = (): LmdbSwarmStore =>
  new LmdbSwarmStore(
    { durability: 'synced', lossCount: 0 },
    {
      ...temporary,
      clock: new ManualClock(),
      logger: new MemoryLogger(),
      turns: { enter: () => undefined },
      deliver: () => undefined,
      onFailed: () => undefined,
    },
  )

beforeEach(async () => {
  temporary = openTemporaryTables(new MemoryLogger())
  store = openStore()
  epoch = await store.claim(scope, 0, SAMPLE_TIME)
  for (const [index, id] of ['c', 'b', 'a'].entries()) await write(id, 10 * index)
})
afterEach(async () => {
  await store.close()
  await temporary.remove()
})

const write = (id: string, expiresAt: number) =>
  store.transact({
    scope,
    epoch,
    keys: [],
    decide: () => ({
      writes: [put(NOTE_RECORDS, id, { text: id, expiresAt })],
      events: [],
      ready: [],
      result: null,
    }),
  })
const listed = async (onDamaged: (id: string) => void = () => undefined): Promise<readonly string[]> => {
  const upTo = Number.MAX_SAFE_INTEGER as EpochMs
  const records = await store.listByTime({ scope, kind: NOTE_RECORDS, upTo, countMax: 9, onDamaged })
  return records.map(({ key }) => key.id)
}

it('lists all by the records themselves where an entry of the index by time is damaged', async () => {
  const entry = timeKey(place('b'), 10)
  await temporary.tables.open.put(entry, Buffer.from([1, 2, 3, 4]))
  expect(await listed()).toEqual(['c', 'b', 'a'])
  expect(store.status().damagedCount).toBe(1)
  await write('b', 30)
  expect(await listed()).toEqual(['c', 'a', 'b'])
})

it('passes over a damaged record, and names it', async () => {
  const bytes = Buffer.from(temporary.tables.records.get(place('c'))!)
  bytes[bytes.length - 1] = 0
  await temporary.tables.records.put(place('c'), bytes)
  const damaged: string[] = []
  expect(await listed((id) => damaged.push(id))).toEqual(['b', 'a'])
  expect(damaged).toEqual(['c'])
})

it('forgets the place of a damaged record that is written over under another time', async () => {
  await store.close()
  const bytes = Buffer.from(temporary.tables.records.get(place('c'))!)
  bytes[bytes.length - 1] = 0
  await temporary.tables.records.put(place('c'), bytes)
  store = openStore()
  await write('c', 50)
  expect(await listed()).toEqual(['b', 'a', 'c'])
})
