import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { epochMs, nodeId, type Scope, type SwarmEpoch } from '#domain/model/ids.ts'
import type { Clock } from '#domain/ports/clock.ts'
import type { Infra } from '#infra/infra.ts'
import { createRedisInfra } from '#infra/redis/create-redis-infra.ts'
import { SystemClock } from '#infra/system/system-clock.ts'
import { MemoryLogger } from '#simulation/memory/memory-logger.ts'
import { eventually } from '../helpers/eventually.ts'
import { type RedisServer, startRedis } from '../helpers/redis-server.ts'
import { sampleEntry } from '../helpers/sample-records.ts'
import { freshScope } from './infra-under-test.ts'

const HOUR_MS = 3_600_000
/** Two readings of Redis' time over this machine's own network, on a busy machine. */
const ERROR_MS_MAX = 200

/** The machine's clock, set so far before or behind. */
function clockOff(ms: number): Clock {
  const clock = new SystemClock()
  return {
    now: () => epochMs(clock.now() + ms),
    monotonic: () => clock.monotonic(),
    setTimer: (delayMs, callback) => clock.setTimer(delayMs, callback),
  }
}

describe('nodes on one Redis whose wall clocks differ', () => {
  let redis: RedisServer
  let nodes: Infra[]
  beforeEach(async () => {
    redis = await startRedis()
    nodes = []
  })
  afterEach(async () => {
    await Promise.all(nodes.map((node) => node.close()))
    await redis.close()
  })

  const openNode = async (offMs: number): Promise<Infra> => {
    const options = { url: redis.url, nodeId: nodeId(randomUUID()) }
    const node = await createRedisInfra(options, { clock: clockOff(offMs), logger: new MemoryLogger() })
    nodes.push(node)
    return node
  }
  const claimed = async (node: Infra, scope: Scope): Promise<SwarmEpoch> => {
    const claim = await node.coordination.claim(scope, 0)
    if (!claim.isHeld) throw new Error('held')
    return claim.epoch
  }

  it('read the same time, that of Redis', async () => {
    const [ahead, behind] = [await openNode(HOUR_MS), await openNode(-HOUR_MS)]
    expect(Math.abs(ahead.clock.now() - behind.clock.now())).toBeLessThan(ERROR_MS_MAX)
    expect(Math.abs(ahead.clock.now() - Date.now())).toBeLessThan(ERROR_MS_MAX)
  })

  it('hand out what one that is an hour ahead has queued, at once and after its delay', async () => {
    const scope = freshScope()
    const ahead = await openNode(HOUR_MS)
    const before = ahead.readyQueueFor(scope, await claimed(ahead, scope))
    const dueAt = epochMs(ahead.clock.now() + 1_000)
    const entries = [sampleEntry('now'), sampleEntry('later', { dueAt })]
    await before.add(entries)
    await ahead.coordination.release(scope)
    const behind = await openNode(-HOUR_MS)
    const after = behind.readyQueueFor(scope, await claimed(behind, scope))
    await after.restore(entries)
    const taken: string[] = []
    const take = async (): Promise<void> => {
      taken.push(...(await after.take(10)).map(({ taskId }) => taskId))
    }
    await take()
    expect(taken).toEqual(['now'])
    await eventually(async () => {
      await take()
      return taken.length === 2
    })
    expect(taken).toEqual(['now', 'later'])
    expect(behind.clock.now()).toBeGreaterThan(dueAt - ERROR_MS_MAX)
  })

  it('give no epoch that is behind the last one', async () => {
    const scope = freshScope()
    const ahead = await openNode(HOUR_MS)
    const epoch = await claimed(ahead, scope)
    await ahead.coordination.release(scope)
    expect(await claimed(await openNode(-HOUR_MS), scope)).toBeGreaterThan(epoch)
  })
})
