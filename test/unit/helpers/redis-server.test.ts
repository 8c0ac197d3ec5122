import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { findExecutable } from '../../helpers/find-executable.ts'
import { spawnProcess } from '../../helpers/process.ts'
import { askRedis } from '../../helpers/redis-inline.ts'
import { type RedisOptions, RedisServer, startRedis } from '../../helpers/redis-server.ts'

describe('startRedis', { timeout: 30_000 }, () => {
  const started: RedisServer[] = []
  const start = async (options?: RedisOptions): Promise<RedisServer> => {
    const redis = await startRedis(options)
    started.push(redis)
    return redis
  }
  afterEach(async () => {
    vi.unstubAllEnvs()
    await Promise.all(started.splice(0).map((redis) => redis.close()))
  })

  it('serves at once, with an append-only file synced on every write and no eviction', async () => {
    const redis = await start()
    expect(await withClient(redis, (client) => client.ping())).toBe('PONG')
    expect(await setting(redis, 'appendonly')).toBe('yes')
    expect(await setting(redis, 'appendfsync')).toBe('always')
    expect(await setting(redis, 'maxmemory-policy')).toBe('noeviction')
    expect(await setting(redis, 'save')).toBe('')
  })

  it('takes the settings a test asks for', async () => {
    const redis = await start({ appendonly: false, appendfsync: 'everysec', maxmemoryPolicy: 'allkeys-lru' })
    expect(await setting(redis, 'appendonly')).toBe('no')
    expect(await setting(redis, 'appendfsync')).toBe('everysec')
    expect(await setting(redis, 'maxmemory-policy')).toBe('allkeys-lru')
  })

  it('keeps what was written over kill -9 and restart, under a new run id on the same port', async () => {
    const redis = await start()
    const before = { port: redis.port, pid: redis.pid, runId: await redis.runId() }
    await fill(redis, 100)
    await redis.kill9()
    await expect(askRedis(redis.port, 'PING')).rejects.toThrow(/ECONNREFUSED/)
    await redis.restart()
    expect(redis.port).toBe(before.port)
    expect(redis.pid).not.toBe(before.pid)
    expect(await redis.runId()).not.toBe(before.runId)
    expect(await withClient(redis, (client) => client.dbsize())).toBe(100)
  })

  it('loses exactly the last writes when a tail of bytes is dropped', async () => {
    const redis = await start()
    await fill(redis, 100)
    expect(await redis.dropTail({ bytes: 1 })).toBe(1)
    const keys = await withClient(redis, (client) => client.keys('*'))
    expect(keys).toHaveLength(99)
    expect(keys).not.toContain('key:99')
  })

  it('loses about the fraction that is dropped, always the newest writes', async () => {
    const redis = await start()
    await fill(redis, 1_000)
    await redis.dropTail({ fraction: 0.25 })
    const numbers = await withClient(redis, async (client) =>
      (await client.keys('*')).map((key) => Number(key.replace('key:', ''))),
    )
    expect(numbers.length).toBeGreaterThan(740)
    expect(numbers.length).toBeLessThan(760)
    expect(Math.max(...numbers)).toBe(numbers.length - 1)
  })

  it('drops a Lua step as a whole, never half of it', async () => {
    const redis = await start()
    const script = "redis.call('set', 'record', ARGV[1]) redis.call('set', 'event', ARGV[1])"
    await withClient(redis, async (client) => {
      await client.eval(script, 0, 'first')
      await client.eval(script, 0, 'second')
    })
    // Into the second write of the second step.
    await redis.dropTail({ bytes: 30 })
    expect(await withClient(redis, (client) => client.mget('record', 'event'))).toEqual(['first', 'first'])
  })

  it('is silent while paused and answers the same connection after resume', async () => {
    const redis = await start()
    await withClient(redis, async (client) => {
      redis.pause()
      const answer = client.ping()
      const early = await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 100, 'silent'))])
      expect(early).toBe('silent')
      redis.resume()
      expect(await answer).toBe('PONG')
    })
  })

  it('removes its folder and its process on close, but not a folder of the caller', async () => {
    const own = await startRedis()
    const dir = await mkdtemp(join(tmpdir(), 'amos-callers-'))
    const callers = await startRedis({ dir })
    await fill(callers, 3)
    await Promise.all([own.close(), callers.close()])
    expect(existsSync(own.dir)).toBe(false)
    await expect(askRedis(own.port, 'PING')).rejects.toThrow(/ECONNREFUSED/)
    const heir = await start({ dir })
    expect(await withClient(heir, (client) => client.dbsize())).toBe(3)
    await heir.close()
    await rm(dir, { recursive: true })
  })

  it('tidies up after a test process that was killed', async () => {
    const dead = spawnProcess('true', [])
    await dead.exited
    const abandoned = await mkdtemp(join(tmpdir(), `amos-redis-${dead.pid}-`))
    await start()
    expect(existsSync(abandoned)).toBe(false)
  })

  it('starts several servers at once, each on its own port', async () => {
    const servers = await Promise.all([start(), start(), start(), start()])
    expect(new Set(servers.map((redis) => redis.port)).size).toBe(4)
  })

  it('does not take another Redis on its port for itself', async () => {
    const first = await start()
    const second = new RedisServer(findExecutable('redis-server')!, first.port, first.dir, {})
    await expect(second.restart()).rejects.toThrow(/Address already in use/)
    expect(await withClient(first, (client) => client.ping())).toBe('PONG')
  })

  it('passes the words of Redis on when it cannot start', async () => {
    await expect(startRedis({ maxmemoryPolicy: 'no-such-policy' })).rejects.toThrow(/maxmemory-policy/)
  })

  it('says how to install redis-server where it is missing', async () => {
    vi.stubEnv('PATH', '/nonexistent')
    await expect(startRedis()).rejects.toThrow(/apt-get install .*redis-server/)
  })
})

async function withClient<T>(redis: RedisServer, use: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(redis.url)
  try {
    return await use(client)
  } finally {
    client.disconnect()
  }
}

async function setting(redis: RedisServer, name: string): Promise<string | undefined> {
  const [, value] = await withClient<string[]>(redis, async (client) => client.config('GET', name))
  return value
}

/** `key:0` to `key:(count-1)`, written in this order. */
async function fill(redis: RedisServer, count: number): Promise<void> {
  await withClient(redis, async (client) => {
    for (let index = 0; index < count; index++) await client.set(`key:${index}`, index)
  })
}
