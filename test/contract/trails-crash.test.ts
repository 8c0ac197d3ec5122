import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SwarmClient } from '#sdk/index.ts'
import { ServerProcess } from '../helpers/chaos/server-process.ts'
import { type RedisServer, startRedis } from '../helpers/redis-server.ts'

describe('trails of a server that is killed', () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await startRedis({ appendfsync: 'always' })
  })
  afterAll(() => redis.close())

  it.each(['embedded', 'redis'])('lose no deposit, and count none twice: %s', async (store) => {
    const server = await ServerProcess.start(store === 'redis' ? { redisUrl: redis.url } : {})
    try {
      const client = new SwarmClient({ url: server.url, retryForMs: 60_000 })
      await client.trails.create({ trailSet: 'kept', evaporation: { unit: 'ms', rate: 0 } })
      // Deposits of 1, 2, 4, …: the level tells which of them count, and how often.
      const deposits = Array.from({ length: 12 }, async (_, index) => {
        await delay(index * 15)
        // The client repeats what was not answered, under the same key.
        await client.trails.deposit('kept', [{ edge: 'a', amount: 2 ** index }])
      })
      await delay(90)
      await server.kill9()
      await server.restart()
      await Promise.all(deposits)
      expect(await client.trails.read('kept', ['a'])).toEqual([2 ** 12 - 1])
    } finally {
      await server.close()
    }
  })
})
