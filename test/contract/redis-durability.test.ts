import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nodeId } from '#domain/model/ids.ts'
import type { Durability } from '#domain/ports/swarm-store.ts'
import type { Infra } from '#infra/infra.ts'
import { createRedisInfra } from '#infra/redis/create-redis-infra.ts'
import { StoreRefusedError } from '#infra/store-refused-error.ts'
import { SystemClock } from '#infra/system/system-clock.ts'
import { MemoryLogger } from '#simulation/memory/memory-logger.ts'
import { eventually } from '../helpers/eventually.ts'
import { askRedis } from '../helpers/redis-inline.ts'
import { type RedisOptions, type RedisServer, startRedis } from '../helpers/redis-server.ts'
import { freshScope } from './infra-under-test.ts'

const clock = new SystemClock()

describe('the durability of Redis', () => {
  let redis: RedisServer
  let logger: MemoryLogger
  let toClose: Infra[]

  const open = async (durability?: Durability): Promise<Infra> => {
    const options = { url: redis.url, nodeId: nodeId(randomUUID()), ...(durability && { durability }) }
    const infra = await createRedisInfra(options, { clock, logger })
    toClose.push(infra)
    return infra
  }
  const write = (infra: Infra): Promise<unknown> =>
    infra.store.transact({
      scope: freshScope(),
      keys: [],
      decide: () => ({ writes: [], events: [], ready: [], result: null }),
    })

  beforeEach(() => {
    logger = new MemoryLogger()
    toClose = []
  })
  afterEach(async () => {
    await Promise.all(toClose.map((infra) => infra.close()))
    await redis.close()
  })

  const KEEPS_NOTHING: readonly (readonly [string, RedisOptions, string])[] = [
    ['no persistence', { appendonly: false }, 'appendonly no'],
    ['snapshots alone', { appendonly: false, save: '1 1' }, 'appendonly no'],
    ['allkeys-lru', { maxmemoryPolicy: 'allkeys-lru' }, 'maxmemory-policy allkeys-lru'],
    ['allkeys-random', { maxmemoryPolicy: 'allkeys-random' }, 'maxmemory-policy allkeys-random'],
    ['volatile-ttl', { maxmemoryPolicy: 'volatile-ttl' }, 'maxmemory-policy volatile-ttl'],
  ]

  it.each(KEEPS_NOTHING)('with %s is none: refused unless asked for', async (_name, options, named) => {
    redis = await startRedis(options)
    await expect(open()).rejects.toThrow(StoreRefusedError)
    await expect(open()).rejects.toThrow(named)
    await expect(open('committed')).rejects.toThrow(named)
    await expect(open('synced')).rejects.toThrow(named)
    const infra = await open('none')
    expect(infra.store.status()).toMatchObject({ isWritable: true, durability: 'none' })
    await write(infra)
  })

  it('is never called more than was asked for with none', async () => {
    redis = await startRedis({ appendfsync: 'always' })
    expect((await open('none')).store.status().durability).toBe('none')
    expect((await open()).store.status().durability).toBe('synced')
  })

  it('everysec is committed, and refused where synced is required', async () => {
    redis = await startRedis({ appendfsync: 'everysec' })
    await expect(open('synced')).rejects.toThrow('appendfsync everysec')
    expect((await open()).store.status().durability).toBe('committed')
    await askRedis(redis.port, 'CONFIG SET appendfsync always')
    await askRedis(redis.port, 'CONFIG SET no-appendfsync-on-rewrite yes')
    await expect(open('synced')).rejects.toThrow('no-appendfsync-on-rewrite yes')
  })

  it.each([
    ['synced', 'appendonly no', 'appendonly yes'],
    ['synced', 'appendfsync everysec', 'appendfsync always'],
    ['synced', 'appendfsync no', 'appendfsync always'],
    ['synced', 'no-appendfsync-on-rewrite yes', 'no-appendfsync-on-rewrite no'],
    ['synced', 'maxmemory-policy allkeys-lru', 'maxmemory-policy noeviction'],
    ['committed', 'appendonly no', 'appendonly yes'],
    ['committed', 'maxmemory-policy volatile-lru', 'maxmemory-policy noeviction'],
  ] as const)('%s takes no write while Redis has %s', async (durability, weaker, enough) => {
    redis = await startRedis({ appendfsync: 'always' })
    const infra = await open(durability)
    await write(infra)
    await askRedis(redis.port, `CONFIG SET ${weaker}`)
    await eventually(() => !infra.store.status().isWritable)
    expect(infra.store.status().reason).toContain(weaker)
    await expect(write(infra)).rejects.toThrow(/^store_unavailable/)
    await expect(write(infra)).rejects.toThrow(weaker)
    expect(logger.messages('error')).toEqual(['redis gives too little durability'])
    await askRedis(redis.port, `CONFIG SET ${enough}`)
    await eventually(() => infra.store.status().isWritable)
    await write(infra)
    expect(infra.store.status().durability).toBe('synced')
  })

  it('that was not asked for may fall from synced to committed, and is called so', async () => {
    redis = await startRedis({ appendfsync: 'always' })
    const infra = await open()
    await askRedis(redis.port, 'CONFIG SET appendfsync everysec')
    await eventually(() => infra.store.status().durability === 'committed')
    await expect(write(infra)).resolves.toBeDefined()
  })

  it('takes no write after a restart with weaker settings, from the first moment on', async () => {
    redis = await startRedis({ appendfsync: 'always' })
    const infra = await open('synced')
    await redis.kill9()
    const weaker = await startRedis({ appendonly: false, port: redis.port })
    try {
      await eventually(() => infra.store.status().reason !== 'redis cannot be reached')
      await expect(write(infra)).rejects.toThrow('appendonly no')
    } finally {
      await weaker.close()
    }
  })

  it('takes no write while Redis is a replica', async () => {
    redis = await startRedis({ appendfsync: 'always' })
    const infra = await open()
    await askRedis(redis.port, 'REPLICAOF 127.0.0.1 1')
    await eventually(() => infra.store.status().reason === 'redis is a replica of another redis')
    await askRedis(redis.port, 'REPLICAOF NO ONE')
    await eventually(() => infra.store.status().isWritable)
    expect(infra.store.status().reason).toBeUndefined()
  })
})
