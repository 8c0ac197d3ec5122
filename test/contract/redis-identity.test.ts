import { randomUUID } from 'node:crypto'
import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nodeId, type Scope, type SwarmEpoch } from '#domain/model/ids.ts'
import { PAYLOAD_RECORDS, TASK_RECORDS } from '#domain/model/task-kinds.ts'
import type { StoreLoss } from '#domain/ports/swarm-store.ts'
import type { Infra } from '#infra/infra.ts'
import { createRedisInfra, type RedisInfraOptions } from '#infra/redis/create-redis-infra.ts'
import { StoreRefusedError } from '#infra/store-refused-error.ts'
import { SystemClock } from '#infra/system/system-clock.ts'
import { MemoryLogger } from '#simulation/memory/memory-logger.ts'
import { eventually } from '../helpers/eventually.ts'
import { askRedis } from '../helpers/redis-inline.ts'
import { type RedisServer, startRedis } from '../helpers/redis-server.ts'
import { putNumber, sampleTaskStep } from '../helpers/sample-records.ts'
import { freshScope } from './infra-under-test.ts'

const clock = new SystemClock()

describe('a Redis that is not what it was', () => {
  let redis: RedisServer
  let folder: string
  let scope: Scope
  let epoch: SwarmEpoch
  let logger: MemoryLogger
  let toClose: Infra[]

  const open = async (name: string, options: Partial<RedisInfraOptions> = {}): Promise<Infra> => {
    const infra = await createRedisInfra(
      { url: redis.url, nodeId: nodeId(randomUUID()), dataDir: join(folder, name), ...options },
      { clock, logger },
    )
    toClose.push(infra)
    return infra
  }
  const claim = async (infra: Infra): Promise<void> => {
    const outcome = await infra.coordination.claim(scope, 0)
    if (!outcome.isHeld) throw new Error(`held by ${outcome.coordinatorId}`)
    epoch = outcome.epoch
  }
  const write = (infra: Infra, id: string): Promise<unknown> =>
    infra.store.transact({
      scope,
      epoch,
      keys: [],
      decide: () => ({ writes: [putNumber(id, 1)], events: [], ready: [], result: null }),
    })
  const lossOf = (infra: Infra): Promise<StoreLoss> =>
    eventually(() => infra.store.status().loss ?? false, { timeoutMs: 5_000 })
  /** Nothing is read or written, and nobody coordinates. */
  const payload = { kind: PAYLOAD_RECORDS, id: 'a' }
  const expectUnused = async (infra: Infra): Promise<void> => {
    const unavailable = { code: 'store_unavailable' }
    await expect(write(infra, 'meanwhile')).rejects.toMatchObject(unavailable)
    await expect(infra.store.get(scope, payload)).rejects.toMatchObject(unavailable)
    await expect(infra.store.list({ scope, kind: TASK_RECORDS, countMax: 10 })).rejects.toMatchObject(
      unavailable,
    )
    await expect(infra.coordination.claim(scope, 0)).rejects.toMatchObject(unavailable)
    await expect(infra.store.drop(scope, epoch)).rejects.toMatchObject(unavailable)
    expect(infra.store.status().isWritable).toBe(false)
  }
  const ask = (command: string): Promise<string> => askRedis(redis.port, command)
  /** Another Redis takes the port over. */
  const replaceRedis = async (
    prepare: (next: RedisServer) => Promise<void> = async () => {},
  ): Promise<void> => {
    await redis.kill9()
    const next = await startRedis({ port: redis.port })
    await redis.close()
    redis = next
    await prepare(next)
  }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'amos-identity-'))
    scope = freshScope()
    logger = new MemoryLogger()
    toClose = []
    redis = await startRedis()
  })
  afterEach(async () => {
    await Promise.all(toClose.map((infra) => infra.close()))
    await redis.close()
    await rm(folder, { recursive: true, force: true })
  })

  it.each(['FLUSHALL', 'FLUSHDB', 'DEL amos:store'])('is found while the node runs: %s', async (command) => {
    const infra = await open('a')
    const losses: (StoreLoss | undefined)[] = []
    infra.losses.onLoss((loss) => losses.push(loss))
    await claim(infra)
    await write(infra, 'a')
    await ask(command)
    // A step never lands in it, however soon it comes.
    await expect(write(infra, 'b')).rejects.toMatchObject({
      code: expect.stringMatching(/^store_unavailable|^not_coordinator/) as string,
    })
    const loss = await lossOf(infra)
    expect(loss.reason).toBe('emptied')
    await expectUnused(infra)
    expect(logger.lines.filter(({ level }) => level === 'error')).toHaveLength(1)

    await expect(infra.losses.accept('another')).rejects.toMatchObject({ code: 'store_not_lost' })
    await infra.losses.accept(loss.lostStoreId)
    expect(infra.store.status()).toMatchObject({ isWritable: true })
    expect(losses.map((item) => item?.reason)).toEqual(['emptied', undefined])
    await eventually(async () => {
      await claim(infra)
      return true
    })
    await write(infra, 'c')
    await expect(infra.losses.accept(loss.lostStoreId)).rejects.toMatchObject({ code: 'store_not_lost' })
  })

  it('answers no read with "not found" in the moment after it was emptied', async () => {
    const infra = await open('a')
    await claim(infra)
    await write(infra, 'a')
    await ask('FLUSHALL')
    await expect(infra.store.get(scope, payload)).rejects.toMatchObject({
      code: 'store_unavailable',
    })
  })

  it('is found at the start by a node that has served another, and by no new node', async () => {
    const first = await open('a')
    await claim(first)
    await write(first, 'a')
    await first.close()
    await replaceRedis()
    const again = await open('a')
    expect((await lossOf(again)).reason).toBe('emptied')
    await expectUnused(again)
    await again.losses.accept((await lossOf(again)).lostStoreId)
    await claim(again)
    await write(again, 'b')
    const other = await open('b')
    expect(other.store.status().loss).toBeUndefined()
  })

  it('is accepted at the start where the operator names the lost store, and only that one', async () => {
    const first = await open('a')
    await first.close()
    await ask('FLUSHALL')
    const wrong = await open('a', { acceptedLossOf: 'another' })
    const { lostStoreId } = await lossOf(wrong)
    await wrong.close()
    const right = await open('a', { acceptedLossOf: lostStoreId })
    expect(right.store.status().loss).toBeUndefined()
    await claim(right)
    await right.close()
    await ask('FLUSHALL')
    const later = await open('a', { acceptedLossOf: lostStoreId })
    expect((await lossOf(later)).reason).toBe('emptied')
  })

  it('is found by all nodes, and accepted for all of them by one', async () => {
    const nodes = [await open('a'), await open('b'), await open('c')] as const
    await ask('FLUSHALL')
    const losses = await Promise.all(nodes.map(lossOf))
    const fresh = await open('fresh')
    expect((await lossOf(fresh)).lostStoreId).toBe(losses[0]?.lostStoreId)
    await nodes[1].losses.accept(losses[1]?.lostStoreId ?? '')
    await eventually(() => [...nodes, fresh].every(({ store }) => store.status().loss === undefined))
    const late = await open('a')
    expect(late.store.status().loss).toBeUndefined()
  })

  it('is found where another store is in its place, which keeps its name', async () => {
    const other = await startRedis()
    try {
      const mine = await open('a')
      await claim(mine)
      await write(mine, 'a')
      const theirs = await open('theirs', { url: other.url })
      await claim(theirs)
      await theirs.close()
      await redis.kill9()
      await other.stop()
      const moved = await startRedis({ port: redis.port, dir: other.dir })
      await redis.close()
      redis = moved
      expect((await lossOf(mine)).reason).toBe('replaced')
      await expectUnused(mine)
      expect(await mine.store.readEvents(scope, 0, 10)).toMatchObject({ events: [], lastSequence: 0 })
      const back = await open('theirs')
      expect(back.store.status().loss).toBeUndefined()
    } finally {
      await other.close()
    }
  })

  it.each([
    ['append-only file', async () => ask('PING')],
    ['snapshot', async () => ask('BGREWRITEAOF')],
  ])('is found where an older %s was restored', async (_name, prepare) => {
    const infra = await open('a')
    await claim(infra)
    await write(infra, 'a')
    await prepare()
    const backup = join(folder, 'backup')
    await eventually(async () => /aof_rewrite_in_progress:0/.test(await ask('INFO persistence')))
    await cp(redis.dir, backup, { recursive: true })
    const beats = async (): Promise<number> => Number(/\d{13}/.exec(await askBeats())?.[0])
    const askBeats = (): Promise<string> =>
      ask("EVAL \"return table.concat(redis.call('HVALS','amos:store'),',')\" 0")
    const before = await beats()
    await eventually(async () => (await beats()) > before, { timeoutMs: 5_000 })
    await redis.kill9()
    for (const name of await readdir(redis.dir)) await rm(join(redis.dir, name), { recursive: true })
    await cp(backup, redis.dir, { recursive: true })
    await redis.restart()
    expect((await lossOf(infra)).reason).toBe('rolled_back')
    await expectUnused(infra)
    await infra.losses.accept((await lossOf(infra)).lostStoreId)
    const outcome = await eventually(async () => infra.coordination.claim(scope, 0))
    expect(outcome).toMatchObject({ isHeld: true, acceptedLoss: { reason: 'rolled_back' } })
  })

  it('may have lost its last seconds where it promised no more', async () => {
    await redis.close()
    redis = await startRedis({ appendfsync: 'everysec' })
    const infra = await open('a', { lostTailMaxMs: 60_000 })
    await claim(infra)
    await write(infra, 'a')
    await redis.dropTail({ bytes: 200 })
    await eventually(async () => {
      await claim(infra)
      return true
    })
    expect(infra.store.status().loss).toBeUndefined()
  })

  it('is found where it became a copy of another', async () => {
    const other = await startRedis()
    try {
      const infra = await open('a')
      await (await open('theirs', { url: other.url })).close()
      await askRedis(other.port, 'CONFIG SET repl-diskless-sync-delay 0')
      await ask(`REPLICAOF 127.0.0.1 ${other.port}`)
      expect((await lossOf(infra)).reason).toBe('replaced')
      await ask('REPLICAOF NO ONE')
      await expectUnused(infra)
    } finally {
      await other.close()
    }
  })

  it('is found where the numbers of a swarm are gone', async () => {
    const infra = await open('a')
    await claim(infra)
    await write(infra, 'a')
    await ask(`DEL amos:{${scope}}:meta`)
    const loss = await eventually(async () => {
      await infra.coordination.claim(scope, 0).catch(() => undefined)
      return infra.store.status().loss ?? false
    })
    expect(loss.reason).toBe('keys_missing')
    await infra.losses.accept(loss.lostStoreId)
    await claim(infra)
    await write(infra, 'b')
  })

  const MISSING_KEYS = 'records:task|ids:task|open:task|records:payload|events|records:agent ids:agent'.split(
    '|',
  )
  it.each(MISSING_KEYS)('is found where keys of a swarm are gone: %s', async (names) => {
    const infra = await open('a')
    await claim(infra)
    const writeTask = (id: string): Promise<unknown> =>
      infra.store.transact({ scope, epoch, keys: [], decide: () => sampleTaskStep(id) })
    for (const id of ['a', 'b', 'c']) await writeTask(id)
    for (const name of names.split(' ')) await ask(`DEL amos:{${scope}}:${name}`)
    const loss = await eventually(() => infra.store.status().loss ?? false, { timeoutMs: 10_000 })
    expect(loss.reason).toBe('keys_missing')
    await expectUnused(infra)
    await infra.losses.accept(loss.lostStoreId)
    await claim(infra)
    await writeTask('d')
    const listed = async (openOnly: boolean) =>
      (await infra.store.list({ scope, kind: TASK_RECORDS, countMax: 9, openOnly })).map(({ key }) => key.id)
    const kept = names === 'records:task' ? ['d'] : ['a', 'b', 'c', 'd']
    expect(await listed(false)).toEqual(kept)
    expect(await listed(true)).toEqual(kept)
    await infra.coordination.release(scope)
    await claim(infra)
    expect(infra.store.status().loss).toBeUndefined()
  })

  it('is found where one record of a swarm is gone', async () => {
    const infra = await open('a')
    await claim(infra)
    await write(infra, 'a')
    await write(infra, 'b')
    await ask(`HDEL amos:{${scope}}:records:payload a`)
    await infra.coordination.release(scope)
    await expect(infra.coordination.claim(scope, 0)).rejects.toMatchObject({ code: 'store_unavailable' })
    expect((await lossOf(infra)).reason).toBe('keys_missing')
  })

  it('is served again without a word where the right one came back', async () => {
    const infra = await open('a')
    await claim(infra)
    await redis.kill9()
    const wrong = await startRedis({ port: redis.port })
    await lossOf(infra)
    await wrong.close()
    await redis.restart()
    await eventually(() => infra.store.status().isWritable)
    expect(infra.store.status().loss).toBeUndefined()
  })

  it('cannot be recognised without a data directory that can be used', async () => {
    await expect(open('a', { dataDir: '/proc/nowhere' })).rejects.toBeInstanceOf(StoreRefusedError)
    await (await open('b')).close()
    await writeFile(join(folder, 'b', 'redis-stores.json'), '{"half":')
    await expect(open('b')).rejects.toThrow('is not what a server has written')
  })
})
