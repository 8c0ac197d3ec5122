import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { nodeId, swarmEpoch } from '#domain/model/ids.ts'
import { RECORD_KINDS } from '#domain/orchestration/record-kinds.ts'
import type { Step } from '#domain/ports/swarm-store.ts'
import { createRedisInfra } from '#infra/redis/create-redis-infra.ts'
import { SystemClock } from '#infra/system/system-clock.ts'
import { MemoryLogger } from '#simulation/memory/memory-logger.ts'
import { eventually } from '../helpers/eventually.ts'
import { type RedisServer, startRedis } from '../helpers/redis-server.ts'
import { putNumber, sampleEntry } from '../helpers/sample-records.ts'
import { type InfraUnderTest, openSwarm, type Swarm, write } from './infra-under-test.ts'

const clock = new SystemClock()

describe('the outbox of a swarm in Redis', () => {
  let redis: RedisServer
  let client: Redis
  let t: Pick<InfraUnderTest, 'infra'>
  let swarm: Swarm
  beforeAll(async () => {
    redis = await startRedis()
    client = new Redis(redis.url)
  })
  afterAll(async () => {
    client.disconnect()
    await redis.close()
  })
  beforeEach(async () => {
    const options = { url: redis.url, nodeId: nodeId('outbox-node'), kinds: RECORD_KINDS }
    t = { infra: await createRedisInfra(options, { clock, logger: new MemoryLogger() }) }
    swarm = await openSwarm(t as InfraUnderTest)
  })
  afterEach(() => t.infra.close())

  const entry = (id: string) => sampleEntry(id, { rank: clock.now() })
  const step = (changes: Partial<Step<null>>) => write(t as InfraUnderTest, swarm, changes)
  const outbox = () => client.hkeys(`amos:{${swarm.scope}}:outbox`)
  const jobs = () => client.keys(`amos:{${swarm.scope}}:bull:ready:*_*`)

  it('loses an entry with the step that settles it, and with no other', async () => {
    await step({ ready: [entry('a'), entry('b')] })
    expect((await outbox()).toSorted()).toEqual(['a_1', 'b_1'])
    await step({ writes: [putNumber('n', 1)], settled: [{ taskId: entry('a').taskId, readyCount: 1 }] })
    expect(await outbox()).toEqual(['b_1'])
  })

  it('counts the steps that changed something, and the scripts that wrote them', async () => {
    const before = t.infra.store.status().written
    await Promise.all(['a', 'b', 'c'].map((id) => step({ ready: [entry(id)], writes: [putNumber(id, 1)] })))
    await step({})
    const { steps = 0, commits = 0 } = t.infra.store.status().written ?? {}
    expect(steps - (before?.steps ?? 0)).toBe(3)
    expect(commits - (before?.commits ?? 0)).toBeGreaterThan(0)
    expect(commits - (before?.commits ?? 0)).toBeLessThanOrEqual(3)
  })

  it('keeps an entry whose step is refused, fenced or rests on what has changed', async () => {
    await step({ ready: [entry('a')] })
    const settled = [{ taskId: entry('a').taskId, readyCount: 1 }]
    const nothing = { writes: [], events: [], ready: [], result: null }
    const refused = t.infra.store.transact({
      ...swarm,
      keys: [],
      decide: (): Step<null> => {
        throw new Error('no')
      },
    })
    await expect(refused).rejects.toThrow('no')
    const fenced = { ...swarm, epoch: swarmEpoch(swarm.epoch - 1) }
    await expect(
      t.infra.store.transact({ ...fenced, keys: [], decide: () => ({ ...nothing, settled }) }),
    ).rejects.toMatchObject({ code: 'not_coordinator' })
    expect(await outbox()).toEqual(['a_1'])
    // Taken for new, found to be there: decided again, and then it settles nothing.
    await step({ writes: [putNumber('n', 1)] })
    const seen: unknown[] = []
    await t.infra.store.transact({
      ...swarm,
      keys: [{ ...putNumber('n', 0).key, isNew: true }],
      decide: ([record]) => {
        seen.push(record?.value)
        return record === undefined ? { ...nothing, settled } : nothing
      },
    })
    expect(seen.at(-1)).toBe('1')
    expect(await outbox()).toEqual(['a_1'])
  })

  it('needs no job for what somebody has room for, and makes jobs of the rest', async () => {
    const queue = t.infra.readyQueueFor(swarm.scope, swarm.epoch)
    await queue.take(1, 2)
    await eventually(() => !queue.hasReady)
    await step({ ready: [entry('a'), entry('b')] })
    const taken = await queue.take(2, 2)
    expect(taken.map(({ taskId }) => taskId).toSorted()).toEqual(['a', 'b'])
    expect(await jobs()).toEqual([])
    await step({ settled: taken })
    await queue.settle(taken)
    expect(await outbox()).toEqual([])
    await queue.take(1, 1)
    await step({ ready: [entry('c'), entry('d'), entry('e')] })
    await eventually(async () => (await jobs()).length === 2)
  })

  it('brings what a step left whose answer was lost, though nobody kept it', async () => {
    const queue = t.infra.readyQueueFor(swarm.scope, swarm.epoch)
    await queue.take(10)
    const text = JSON.stringify(entry('lost'))
    await client.hset(`amos:{${swarm.scope}}:outbox`, 'lost_1', text)
    const taken = await eventually(async () => {
      const found = await queue.take(10)
      return found.length > 0 && found
    })
    expect(taken).toMatchObject([{ taskId: 'lost' }])
    await eventually(async () => (await outbox()).length === 0)
  })
})
