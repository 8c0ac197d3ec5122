import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nodeId, swarmEpoch } from '#domain/model/ids.ts'
import type { Infra } from '#infra/infra.ts'
import { createRedisInfra } from '#infra/redis/create-redis-infra.ts'
import { SystemClock } from '#infra/system/system-clock.ts'
import { MemoryLogger } from '#simulation/memory/memory-logger.ts'
import { eventually } from '../helpers/eventually.ts'
import { type ConnectionKind, type Direction, HoldingProxy } from '../helpers/holding-proxy.ts'
import { type RedisServer, startRedis } from '../helpers/redis-server.ts'
import { freshScope } from './infra-under-test.ts'

/** Longer than any message may be under way. */
const HOLD_MS = 5_000

describe('messages between nodes that a network holds back', () => {
  let redis: RedisServer
  let proxy: HoldingProxy
  let sender: Infra
  let receiver: Infra
  let heard: unknown[]
  let missedCount: number

  const open = async (url: string): Promise<Infra> => {
    const infra = await createRedisInfra(
      { url, nodeId: nodeId(randomUUID()) },
      { clock: new SystemClock(), logger: new MemoryLogger() },
    )
    await infra.peers.start({
      call: async ({ argument }) => {
        heard.push(argument)
        return null
      },
      notice: ({ body }) => heard.push(body),
      news: () => {},
      peerLost: () => {},
      cutOff: () => {},
      unreceived: () => {},
      missed: () => {
        if (infra === receiver) missedCount += 1
      },
      appended: () => {},
    })
    return infra
  }
  const notify = (body: string): void =>
    sender.peers.notify(receiver.peers.nodeId, {
      scope: freshScope(),
      epoch: swarmEpoch(1),
      topic: 'news',
      body,
    })
  const call = async (argument: string): Promise<void> => {
    const { nodeId: peer } = receiver.peers
    await sender.peers.call(peer, { scope: freshScope(), method: 'do', argument }).catch(() => undefined)
  }

  const start = async (proxied: 'sender' | 'receiver'): Promise<void> => {
    sender = await open(proxied === 'sender' ? proxy.url : redis.url)
    receiver = await open(proxied === 'receiver' ? proxy.url : redis.url)
    notify('first')
    await eventually(() => heard.includes('first'))
  }

  beforeEach(async () => {
    heard = []
    missedCount = 0
    redis = await startRedis()
    proxy = await HoldingProxy.start(redis.port)
  })
  afterEach(async () => {
    proxy.release()
    await Promise.all([sender, receiver].map((infra) => infra.close()))
    await proxy.close()
    await redis.close()
  })

  it.each([
    ['on the way to a node', 'receiver', 'listening', 'toClient'],
    ['on the way back from a node that listens', 'receiver', 'listening', 'toServer'],
    ['on the way from a node', 'sender', 'commanding', 'toServer'],
  ] as const satisfies readonly (readonly [string, string, ConnectionKind, Direction])[])(
    'are not delivered as new after the heal: %s',
    async (_name, proxied, kind, direction) => {
      await start(proxied)
      proxy.hold(kind, direction)
      notify('held notice')
      await Promise.all([call('held call'), delay(HOLD_MS)])
      const heardMeanwhile = [...heard]
      proxy.release()
      // Connections heal by themselves, so that later messages get through.
      await eventually(
        () => {
          notify('after')
          return heard.includes('after')
        },
        { timeoutMs: 10_000 },
      )
      expect(heard.filter((text) => text !== 'after')).toEqual(
        heardMeanwhile.filter((text) => text !== 'after'),
      )
    },
  )

  it('are known to be missing: the connection is found stuck while the network holds it, and made anew', async () => {
    await start('receiver')
    proxy.hold('listening', 'toClient')
    notify('held')
    await eventually(() => missedCount > 0, { timeoutMs: 10_000 })
    notify('after')
    await eventually(() => heard.includes('after'))
    expect(heard).toEqual(['first', 'after'])
  })

  it('are dropped by their age where only the network between Redis and the sender was slow', async () => {
    await start('sender')
    proxy.hold('commanding', 'toServer')
    notify('held')
    await delay(HOLD_MS)
    proxy.release()
    await delay(500)
    expect(heard).toEqual(['first'])
  })
})
