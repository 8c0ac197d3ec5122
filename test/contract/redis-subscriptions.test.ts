import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nodeId, type Scope } from '#domain/model/ids.ts'
import type { Infra } from '#infra/infra.ts'
import { createRedisInfra } from '#infra/redis/create-redis-infra.ts'
import { SystemClock } from '#infra/system/system-clock.ts'
import { MemoryLogger } from '#simulation/memory/memory-logger.ts'
import { eventually } from '../helpers/eventually.ts'
import { FaultProxy } from '../helpers/fault-proxy.ts'
import { type RedisServer, startRedis } from '../helpers/redis-server.ts'
import { freshScope } from './infra-under-test.ts'

/** Long enough for the connection to be found stuck, made anew, and found stuck again before it has subscribed. */
const HOLD_MS = 7_000

describe('what a node listens to', () => {
  let redis: RedisServer
  let proxy: FaultProxy
  const nodes: Infra[] = []
  const announced: [Scope, number][] = []
  let cutOffCount = 0

  const open = async (url: string): Promise<Infra> => {
    const infra = await createRedisInfra(
      { url, nodeId: nodeId(randomUUID()) },
      { clock: new SystemClock(), logger: new MemoryLogger() },
    )
    nodes.push(infra)
    await infra.peers.start({
      call: async () => null,
      notice: () => {},
      peerLost: () => {},
      missed: () => {},
      cutOff: () => (cutOffCount += 1),
      unreceived: () => {},
      news: () => {},
      appended: (scope, lastSequence) => announced.push([scope, lastSequence]),
    })
    return infra
  }

  beforeEach(async () => {
    redis = await startRedis()
    proxy = await FaultProxy.start({ targetPort: redis.port })
    announced.length = 0
    cutOffCount = 0
  })
  afterEach(async () => {
    await Promise.all(nodes.splice(0).map((node) => node.close()))
    await proxy.close()
    await redis.close()
  })

  it('survives connections that are lost before they have subscribed', async () => {
    const [writer, listener] = [await open(redis.url), await open(proxy.redisUrl)]
    const scopes = [freshScope(), freshScope()]
    const [before, during] = scopes as [Scope, Scope]
    listener.peers.watch(before)
    proxy.holdSubscribers()
    listener.peers.watch(during)
    await delay(HOLD_MS)
    proxy.releaseSubscribers()
    for (const scope of scopes) {
      let sequence = 0
      await eventually(() => {
        writer.peers.announceAppended(scope, (sequence += 1))
        return announced.some(([heard]) => heard === scope)
      })
    }
    expect(announced.length).toBeGreaterThan(1)
  })

  it('is nothing for five seconds where it is cut off, which it says once', async () => {
    await open(proxy.redisUrl)
    proxy.hold('up')
    await delay(4_000)
    expect(cutOffCount).toBe(0)
    await eventually(() => cutOffCount > 0)
    await delay(1_500)
    expect(cutOffCount).toBe(1)
    proxy.release()
  })
})
