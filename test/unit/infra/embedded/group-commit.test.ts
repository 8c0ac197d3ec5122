import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SwarmEvent } from '#domain/model/events.ts'
import { type JsonText, jsonText, type Scope } from '#domain/model/ids.ts'
import { PAYLOAD_RECORDS } from '#domain/model/task-kinds.ts'
import { put, type RecordKey } from '#domain/ports/records.ts'
import type { Durability } from '#domain/ports/swarm-store.ts'
import type { Batch } from '#infra/embedded/batch.ts'
import { GroupCommit } from '#infra/embedded/group-commit.ts'
import { jobOf } from '#infra/embedded/maintenance-jobs.ts'
import { ScratchEncoder } from '#infra/embedded/record-codec.ts'
import { StoreHealth } from '#infra/embedded/store-health.ts'
import { readRecord } from '#infra/embedded/table-reads.ts'
import { WorkingSet } from '#infra/embedded/working-set.ts'
import { ManualClock } from '#simulation/manual-clock.ts'
import { MemoryLogger } from '#simulation/memory/memory-logger.ts'
import { eventually } from '../../../helpers/eventually.ts'
import { sampleEvent } from '../../../helpers/sample-records.ts'
import { openTemporaryTables, type TemporaryTables } from './temporary-tables.ts'

const scope = 'acme/alpha' as Scope
const key: RecordKey<JsonText> = { kind: PAYLOAD_RECORDS, id: 'a' }
const TRAITS = { isBulk: false, isAlone: false, isFlushNeeded: false }
const BULK = { ...TRAITS, isBulk: true }

let temporary: TemporaryTables
let clock: ManualClock
let logger: MemoryLogger
let health: StoreHealth
let commits: GroupCommit

const open = (durability: Durability): void => {
  const { tables, reserve } = temporary
  clock = new ManualClock()
  logger = new MemoryLogger()
  health = new StoreHealth({ logger, onFailed: () => undefined })
  const records = new WorkingSet(tables)
  const modules = { tables, reserve, clock, health, records, encoder: new ScratchEncoder() }
  commits = new GroupCommit({ durability, threadPoolSize: 4 }, modules)
}
const run = <T>(work: (batch: Batch) => T, traits = TRAITS): Promise<T> =>
  new Promise((resolve, reject) => commits.add(jobOf(traits, work, { resolve, reject })))
const writeText =
  (text: string) =>
  (batch: Batch): void =>
    batch.write(scope, put(PAYLOAD_RECORDS, 'a', jsonText(text)), text)
/** Makes the put itself fail: LMDB takes no key as long as this. */
const breakPut = (batch: Batch): void => {
  const event = { ...sampleEvent('a'), sequence: 1, epoch: 0 } as SwarmEvent
  batch.append('x'.repeat(3_000) as Scope, event, '{}')
}

beforeEach(() => {
  temporary = openTemporaryTables()
  open('synced')
})
afterEach(async () => {
  commits.stop()
  await commits.idle()
  await temporary.remove()
})

describe('a put that fails', () => {
  it('aborts the whole batch, and nothing more is taken', async () => {
    await run(writeText('"before"'))
    const outcomes = await Promise.allSettled([run(writeText('"aborted"')), run(breakPut)])
    const unavailable = { status: 'rejected', reason: { code: 'store_unavailable' } }
    expect(outcomes).toMatchObject([unavailable, unavailable])
    expect(health.trouble).toBe('refused')
    expect(readRecord(temporary.tables, scope, key)).toMatchObject({ value: '"before"', version: 1 })
    await expect(run(writeText('"late"'))).rejects.toMatchObject({ code: 'store_unavailable' })
  })

  it('is forgotten once the disk has taken a trial write', async () => {
    await run(writeText('"before"'))
    await Promise.allSettled([run(writeText('"aborted"')), run(breakPut)])
    clock.advance(250)
    await eventually(() => health.trouble === undefined)
    // What the aborted batch had staged must be forgotten, or this would be version 3.
    expect(await run((batch) => batch.read(scope, key))).toMatchObject({ value: '"before"', version: 1 })
    await run(writeText('"after"'))
    expect(readRecord(temporary.tables, scope, key)).toMatchObject({ value: '"after"', version: 2 })
    expect(logger.messages('warn')).toEqual(['store takes no writes'])
    expect(logger.messages('info')).toEqual(['store takes writes again'])
  })
})

describe('a flush that takes long', () => {
  it('ends the waiting after 5 s, and the trouble when it comes', async () => {
    await run(writeText('"before"'))
    const slow = run(writeText('"slow"'))
    clock.advance(5_000)
    expect(health.trouble).toBe('stalled')
    await expect(slow).rejects.toMatchObject({ code: 'store_unavailable' })
    await eventually(() => health.trouble === undefined)
    await run(writeText('"after"'))
    expect(readRecord(temporary.tables, scope, key)).toMatchObject({ value: '"after"' })
  })
})

describe('answers', () => {
  it('come before the flush with `committed`, save to those who need it', async () => {
    open('committed')
    let answeredEarly = 0
    for (let round = 0; round < 30; round += 1) {
      let isClaimed = false
      const claim = run(writeText('"b"'), { ...TRAITS, isFlushNeeded: true }).then(() => {
        isClaimed = true
      })
      await run(writeText('"a"'))
      if (!isClaimed) answeredEarly += 1
      await claim
    }
    // Not always: a busy event loop may hear of the commit and of the flush at once.
    expect(answeredEarly).toBeGreaterThan(0)
  })

  it('come in the order of the questions, however many batches they need', async () => {
    for (const durability of ['synced', 'committed'] as const) {
      open(durability)
      const answered: number[] = []
      const jobs = Array.from({ length: 3_000 }, (_, index) =>
        run((batch) => {
          if (index % 7 !== 0) writeText(`${index}`)(batch)
          return index
        }).then((each) => answered.push(each)),
      )
      await Promise.all(jobs)
      expect(answered).toEqual(answered.toSorted((a, b) => a - b))
    }
  })

  it('do not wait behind a herd of bulk, which is not held up for ever either', async () => {
    const answered: string[] = []
    const ask = (name: string, traits: typeof TRAITS): Promise<unknown> =>
      run(writeText('"a"'), traits).then(() => answered.push(name))
    const herd = Array.from({ length: 3_000 }, () => ask('bulk', BULK))
    const calls = Array.from({ length: 1_500 }, () => ask('call', TRAITS))
    await Promise.all([...herd, ...calls])
    expect(answered.slice(0, 1_000)).not.toContain('bulk')
    expect(answered.slice(1_000, 4_000)).not.toContain('call')
  })

  it('are refusals when more wait than may', async () => {
    const jobs = Array.from({ length: 50_010 }, () => run(() => undefined))
    const outcomes = await Promise.allSettled(jobs)
    const refused = outcomes.filter(({ status }) => status === 'rejected')
    expect(refused).toHaveLength(10)
    expect(refused[0]).toMatchObject({ reason: { code: 'store_unavailable' } })
    expect(health.trouble).toBeUndefined()
  })
})

it('keeps values and versions right beyond what it keeps in memory', async () => {
  const ids = Array.from({ length: 4_000 }, (_, index) => `r-${index}`)
  const text = (round: number, id: string): string => JSON.stringify(`${round} ${id} ${'x'.repeat(7_000)}`)
  for (const round of [1, 2]) {
    for (let from = 0; from < ids.length; from += 500) {
      await run((batch) => {
        for (const id of ids.slice(from, from + 500)) {
          expect(batch.read(scope, { kind: PAYLOAD_RECORDS, id })?.version).toBe(round === 1 ? undefined : 1)
          batch.write(
            scope,
            put(PAYLOAD_RECORDS, id, jsonText(text(round, id)), { isOpen: true }),
            text(round, id),
          )
        }
      })
    }
  }
  for (const id of [ids[0], ids[1_999], ids[3_999]]) {
    const found = readRecord(temporary.tables, scope, { kind: PAYLOAD_RECORDS, id: id ?? '' })
    expect(found).toMatchObject({ version: 2, value: text(2, id ?? '') })
  }
})
