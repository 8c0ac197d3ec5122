import { expect, it } from 'vitest'
import { isSwarmError } from '#domain/model/errors.ts'
import { ManualClock } from '#simulation/manual-clock.ts'
import { createMemoryInfra, type MemoryInfra } from '#simulation/memory/memory-infra.ts'
import { MemoryMedium } from '#simulation/memory/memory-medium.ts'
import { SeededRandom } from '#simulation/seeded-random.ts'
import { ADA, MemoryUnderTest, NAMESPACE } from '../contract/memory-under-test.ts'

const SEEDS = 10
const OPERATIONS = 150
const FAULT_SHARE = 0.2
const RESTART_SHARE = 0.05

interface Known {
  readonly version: number
  readonly value: number
}

/** A store that refuses steps, or takes them without an answer; takeovers; and writers that go on. @returns what is wrong */
async function faultsOf(seed: number): Promise<readonly string[]> {
  const random = new SeededRandom(seed)
  const clock = new ManualClock()
  const medium = new MemoryMedium()
  let isFaulty = false
  const open = (): MemoryInfra =>
    createMemoryInfra(
      {
        faultFor: () => {
          if (!isFaulty || random.next() > FAULT_SHARE) return undefined
          return { fail: random.next() < 0.5 ? 'before_commit' : 'after_commit' }
        },
      },
      { medium, clock },
    )
  let infra = open()
  const t = {
    get infra() {
      return infra
    },
    clock,
    reopen: async () => {
      await infra.close()
      infra = open()
    },
    pass: (ms: number) => clock.advanceAsync(ms),
    teardown: () => infra.close(),
  }
  const wrong: string[] = []
  const known = new Map<string, Known>()
  let memory = await MemoryUnderTest.open(t)
  let increments = 0

  const insist = async (work: () => Promise<unknown>): Promise<void> => {
    for (let isDone = false; !isDone; ) {
      isDone = await work().then(
        () => true,
        (error: unknown) => {
          if (!isSwarmError(error, 'store_unavailable')) throw error
          return false
        },
      )
    }
  }
  const write = async (key: string, value: number): Promise<void> => {
    const before = known.get(key)?.version ?? 0
    try {
      const version = await memory.put(key, value, { expectedVersion: before })
      if (version !== before + 1) wrong.push(`${key}: ${version} follows ${before}`)
      known.set(key, { version, value })
    } catch (error) {
      // It may have been written. The next write has to name what stands now.
      if (!isSwarmError(error, 'store_unavailable')) throw error
      const entry = await memory.reader.getMany(NAMESPACE, [key], ADA)
      const record = entry[0]?.record
      if ((record?.version ?? 0) < before) wrong.push(`${key}: an answered write is gone`)
      if (record !== undefined) known.set(key, { version: record.version, value: Number(entry[0]?.content) })
    }
  }

  isFaulty = true
  for (let operation = 1; operation <= OPERATIONS; operation += 1) {
    if (random.next() < RESTART_SHARE) {
      isFaulty = false
      const former = memory
      memory = await memory.again()
      const late = await former.put('late', operation).catch((error: unknown) => error)
      if (typeof late === 'number') wrong.push('an ended coordinatorship has written')
      isFaulty = true
    }
    if (random.next() < 0.3) {
      increments += 1
      const n = increments
      const change = { type: 'counter', replica: 'one', n, amount: 1 } as const
      await insist(() =>
        memory.memory.service.operate({ namespace: NAMESPACE, caller: ADA, key: 'count', operation: change }),
      )
    } else await write(`key-${random.integer(5)}`, operation)
  }
  isFaulty = false
  await clock.advanceAsync(2_000)

  for (const [key, { version, value }] of known) {
    const { record, content } = await memory.reader.get(NAMESPACE, key, ADA)
    if (record.version !== version || Number(content) !== value)
      wrong.push(`${key} is not what was written last`)
  }
  if (increments > 0) {
    const { content } = await memory.reader.get(NAMESPACE, 'count', ADA)
    if ((JSON.parse(content) as { entries: number[][] }).entries[0]?.[2] !== increments)
      wrong.push('an increment is lost or counted twice')
  }
  memory.stop()
  await t.teardown()
  return wrong
}

it('keeps every answered write, puts none over a newer one and counts increments once, under faults', async () => {
  for (let seed = 1; seed <= SEEDS; seed += 1)
    expect(await faultsOf(seed), `seed ${seed} of test/sim/memory-faults.test.ts`).toEqual([])
})
