import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type JsonText, jsonText, swarmEpoch, swarmId, swarmScope, tenantId } from '#domain/model/ids.ts'
import { PAYLOAD_RECORDS } from '#domain/model/task-kinds.ts'
import { put, type RecordKey, type RecordWrite, remove } from '#domain/ports/records.ts'
import { LmdbSwarmStore } from '#infra/embedded/lmdb-swarm-store.ts'
import { ensureStoreEntry } from '#infra/embedded/store-format.ts'
import { ManualClock } from '#simulation/manual-clock.ts'
import { MemoryLogger } from '#simulation/memory/memory-logger.ts'
import { SAMPLE_TIME, sampleEvent } from '../../../helpers/sample-records.ts'
import { openTemporaryTables, type TemporaryTables } from './temporary-tables.ts'

const scope = swarmScope(tenantId('acme'), swarmId('alpha'))
const IDS = ['a', 'b', 'c', 'd']
const key = (id: string): RecordKey<JsonText> => ({ kind: PAYLOAD_RECORDS, id })
const valueOf = (id: string) => jsonText(JSON.stringify(`value of ${id} — ü`))

let temporary: TemporaryTables
let logger: MemoryLogger
let store: LmdbSwarmStore
let epoch: ReturnType<typeof swarmEpoch>

const openStore = (): LmdbSwarmStore =>
  new LmdbSwarmStore(
    { durability: 'synced', lossCount: 0 },
    {
      ...temporary,
      clock: new ManualClock(),
      logger,
      deliver: () => undefined,
      turns: { enter: () => undefined },
      onFailed: () => undefined,
    },
  )
const change = (subject: string, write: RecordWrite) =>
  store.transact({
    scope,
    epoch,
    keys: [],
    decide: () => ({ writes: [write], events: [sampleEvent(subject)], ready: [], result: null }),
  })
const write = (id: string, value = valueOf(id)) =>
  change(id, put(PAYLOAD_RECORDS, id, value, { isOpen: true }))

const HEADER_BITS = 12 * 8
/** Enough apart to keep the test short, and in each place of a byte. */
const TEXT_BITS_APART = 11

/** Bits of the stored bytes changed, one after another, all of the header; in the end they are as they were. */
async function withEachBit(
  get: () => Buffer,
  set: (bytes: Buffer) => Promise<unknown>,
  check: (bit: number) => Promise<void>,
): Promise<void> {
  const whole = Buffer.from(get())
  for (let bit = 0; bit < whole.length * 8; bit += bit < HEADER_BITS ? 1 : TEXT_BITS_APART) {
    const bytes = Buffer.from(whole)
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    await set(bytes)
    await check(bit)
  }
  await set(whole)
}

beforeEach(async () => {
  logger = new MemoryLogger()
  temporary = openTemporaryTables(logger)
  store = openStore()
  epoch = await store.claim(scope, 0, SAMPLE_TIME)
  for (const id of IDS) await write(id)
})
afterEach(async () => {
  await store.close()
  await temporary.remove()
})

describe('a record with a changed bit', () => {
  const stored = {
    get: () => temporary.tables.records.get([scope, 'payload', 'b'])!,
    set: (bytes: Buffer) => temporary.tables.records.put([scope, 'payload', 'b'], bytes),
  }

  it('is named, whichever bit it is, and never given out', async () => {
    await withEachBit(stored.get, stored.set, async () => {
      const refused = { code: 'record_damaged', details: { kind: 'payload', id: 'b' } }
      await expect(store.get(scope, key('b'))).rejects.toMatchObject(refused)
      await expect(store.getMany(scope, IDS.map(key))).rejects.toMatchObject(refused)
    })
    expect(await store.get(scope, key('b'))).toMatchObject({ value: valueOf('b') })
    expect(store.status().damagedCount).toBe(1)
    expect(logger.messages('error')).toEqual(['record damaged'])
  })

  it('is left out of lists, which are not shorter for it', async () => {
    await withEachBit(stored.get, stored.set, async (bit) => {
      if (bit % 17 !== 0) return
      for (const openOnly of [true, false]) {
        const damaged: string[] = []
        const onDamaged = (id: string): number => damaged.push(id)
        const request = { scope, kind: PAYLOAD_RECORDS, countMax: 3, openOnly, onDamaged } as const
        expect((await store.list(request)).map(({ key: { id } }) => id)).toEqual(['a', 'c', 'd'])
        expect(damaged).toEqual(['b'])
      }
    })
  })

  it('refuses the steps that read it, and no others', async () => {
    const bytes = Buffer.from(stored.get())
    bytes[bytes.length - 1] = 0
    await stored.set(bytes)
    store = openStore()
    const readIn = (id: string) =>
      store.transact({
        scope,
        epoch,
        keys: [key(id)] as const,
        decide: ([stored]) => ({ writes: [], events: [], ready: [], result: stored?.value }),
      })
    const outcomes = await Promise.allSettled(IDS.map(readIn))
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
    await write('b', jsonText('"anew"'))
    expect(await store.get(scope, key('b'))).toMatchObject({ value: '"anew"' })
    await change('b', remove(PAYLOAD_RECORDS, 'b'))
    expect(await store.get(scope, key('b'))).toBeUndefined()
    expect(await store.list({ scope, kind: PAYLOAD_RECORDS, countMax: 9, openOnly: true })).toHaveLength(3)
  })

  it('of another record under its key is noticed', async () => {
    await stored.set(Buffer.from(temporary.tables.records.get([scope, 'payload', 'c'])!))
    await expect(store.get(scope, key('b'))).rejects.toMatchObject({ code: 'record_damaged' })
  })
})

describe('an event', () => {
  it('with a changed bit is named by its number, whichever bit it is', async () => {
    await withEachBit(
      () => temporary.tables.events.get([scope, 2])!,
      (bytes) => temporary.tables.events.put([scope, 2], bytes),
      async () => {
        const page = await store.readEvents(scope, 0, 10)
        expect(page.events.map(({ sequence }) => sequence)).toEqual([1, 3, 4])
        expect(page.damaged).toEqual([{ fromSequence: 2, toSequence: 2 }])
      },
    )
    expect(store.status().damagedCount).toBe(1)
  })

  it.each([
    ['at the start of the log', [1], undefined],
    ['in the middle', [2, 3], [{ fromSequence: 2, toSequence: 3 }]],
    ['at the end', [3, 4], [{ fromSequence: 3, toSequence: 4 }]],
  ])('that is not there %s is named, unless it may have been trimmed', async (_, numbers, damaged) => {
    for (const sequence of numbers) await temporary.tables.events.remove([scope, sequence])
    const page = await store.readEvents(scope, 0, 10)
    expect(page.damaged).toEqual(damaged)
    expect(page.events).toHaveLength(4 - numbers.length)
    for (let after = 0; after < 4; after += 1) {
      const { events, damaged: ranges = [] } = await store.readEvents(scope, after, 1)
      // No page without progress: neither an event nor a gap would leave a reader waiting for ever.
      expect(events.length + ranges.length).toBeGreaterThan(0)
    }
  })

  it('is missed by nobody after a trim or a drop', async () => {
    await store.trimEvents(scope, 4)
    expect(await store.readEvents(scope, 0, 10)).toEqual({ events: [], firstSequence: 5, lastSequence: 4 })
    await write('e')
    expect((await store.readEvents(scope, 0, 10)).damaged).toBeUndefined()
    await store.drop(scope, epoch)
    expect(await store.readEvents(scope, 0, 10)).toEqual({ events: [], firstSequence: 6, lastSequence: 5 })
  })
})

it('claims a scope whose own entry is damaged under a higher epoch and beyond every number given', async () => {
  const entry = Buffer.from(temporary.tables.meta.get(['scope', scope])!)
  entry[20] = (entry[20] ?? 0) ^ 1
  await temporary.tables.meta.put(['scope', scope], entry)
  await expect(write('x')).rejects.toMatchObject({ code: 'record_damaged' })
  await expect(store.readEvents(scope, 0, 1)).rejects.toMatchObject({ code: 'record_damaged' })
  const before = epoch
  epoch = await store.claim(scope, 0, SAMPLE_TIME)
  expect(epoch).toBeGreaterThan(before)
  const { events } = await write('x')
  expect(events[0]?.sequence).toBe(1_000_005)
})

it('opens a store of the format before, with all that is in it, and gives it checksums', async () => {
  const { tables } = temporary
  const head = Buffer.from([1, 0, 0, 0, 0, 0, 0, 7])
  const text = valueOf('old')
  await tables.records.put([scope, 'payload', 'old'], Buffer.concat([head, Buffer.from(text)]))
  await tables.open.put([scope, 'payload', 'old'], Buffer.of(1))
  const event = { ...sampleEvent('old'), sequence: 5, epoch: swarmEpoch(1) }
  await tables.events.put([scope, 5], Buffer.from(JSON.stringify(event)))
  await tables.meta.put(
    ['scope', scope],
    Buffer.from(JSON.stringify({ epoch, lastSequence: 5, lossCount: 0 })),
  )
  await tables.meta.put(['lifetime'], Buffer.from('{"lossCount":0}'))
  await ensureStoreEntry(tables)
  const found = await openStore().list({ scope, kind: PAYLOAD_RECORDS, countMax: 9, openOnly: true })
  expect(found.map(({ key: { id } }) => id)).toEqual([...IDS, 'old'])
  expect(found.at(-1)).toMatchObject({ version: 7, value: text })
  expect((await openStore().readEvents(scope, 4, 9)).events).toEqual([event])
  expect(await ensureStoreEntry(tables)).toMatchObject({ format: 2 })
})
