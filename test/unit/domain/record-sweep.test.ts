import { beforeEach, describe, expect, it } from 'vitest'
import type { EpochMs, SwarmEpoch } from '#domain/model/ids.ts'
import { RecordSweep, type RetentionRule } from '#domain/orchestration/record-sweep.ts'
import { put, type RecordKey } from '#domain/ports/records.ts'
import type { RecordsOf, Step } from '#domain/ports/swarm-store.ts'
import { ManualClock } from '#simulation/manual-clock.ts'
import { createMemoryInfra, type MemoryInfra } from '#simulation/memory/memory-infra.ts'
import { MemoryMedium } from '#simulation/memory/memory-medium.ts'
import { NOTE_RECORDS } from '../../contract/swarm-store/timed-lists.ts'
import { SCOPE } from './cluster.ts'

const KEPT_MS = 1_000

let clock: ManualClock
let infra: MemoryInfra
let epoch: SwarmEpoch
let looks: string[]

beforeEach(async () => {
  clock = new ManualClock()
  infra = createMemoryInfra({}, { medium: new MemoryMedium(), clock })
  const outcome = await infra.coordination.claim(SCOPE, 0)
  if (!outcome.isHeld) throw new Error('nobody else coordinates')
  epoch = outcome.epoch
  looks = []
})

const transact = async <const Keys extends readonly RecordKey[], T>(
  keys: Keys,
  decide: (records: RecordsOf<Keys>) => Step<T>,
): Promise<T> => (await infra.store.transact({ scope: SCOPE, epoch, keys, decide })).result

function sweepBy(rule: Omit<RetentionRule<{ text: string }>, 'kind'>): RecordSweep {
  return new RecordSweep({ ...rule, kind: NOTE_RECORDS }, 60_000, {
    store: infra.store,
    clock,
    journal: { scope: SCOPE, transact },
  })
}

async function writeNotes(count: number, timeOf: (index: number) => number | undefined): Promise<void> {
  const writes = Array.from({ length: count }, (_, index) => {
    const expiresAt = timeOf(index)
    const text = `note-${String(index).padStart(4, '0')}`
    return put(NOTE_RECORDS, text, { text, ...(expiresAt === undefined ? {} : { expiresAt }) })
  })
  await transact([], () => ({ writes, events: [], ready: [], result: null }))
}
const keptCount = (): Promise<number> => infra.store.count(SCOPE, NOTE_RECORDS)
const isOld = ({ text }: { text: string }): boolean => {
  looks.push(text)
  return true
}

describe('RecordSweep', () => {
  it('looks only at what its index by time calls old, and removes all of it in one sweep', async () => {
    const now = clock.now()
    // Every third has no time, every third is too young.
    await writeNotes(1_500, (index) => [undefined, now - KEPT_MS - index, now - KEPT_MS + 1][index % 3])
    const sweep = sweepBy({ keptMs: KEPT_MS, isOld })
    await sweep.sweep()
    expect(await keptCount()).toBe(1_000)
    expect(new Set(looks).size).toBe(500)
    clock.advance(1)
    await sweep.sweep()
    expect(await keptCount()).toBe(500)
  })

  it('ends where what is past its time is not to go', async () => {
    await writeNotes(600, () => 0)
    await sweepBy({ keptMs: KEPT_MS, isOld: () => false }).sweep()
    expect(await keptCount()).toBe(600)
  })

  it('looks at all records in passes where nothing is kept by time', async () => {
    await writeNotes(4_000, () => undefined)
    const sweep = sweepBy({ isOld: ({ text }) => (isOld({ text }), text.endsWith('7')) })
    await sweep.sweep()
    expect(new Set(looks).size).toBe(2_000)
    await sweep.sweep()
    expect(await keptCount()).toBe(3_600)
  })

  it('leaves what was written anew since it was looked at', async () => {
    await writeNotes(1, () => 0)
    const [note] = await infra.store.listByTime({
      scope: SCOPE,
      kind: NOTE_RECORDS,
      upTo: 0 as EpochMs,
      countMax: 1,
    })
    let isFirst = true
    const sweep = sweepBy({
      keptMs: 0,
      isOld: () => {
        const answer = isFirst
        isFirst = false
        return answer
      },
    })
    await sweep.sweep()
    expect(await infra.store.get(SCOPE, note!.key)).toBeDefined()
  })
})
