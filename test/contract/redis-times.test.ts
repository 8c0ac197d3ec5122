import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EpochMs, nodeId } from '#domain/model/ids.ts'
import { RecordKinds } from '#domain/model/record-kind.ts'
import { RECORD_KINDS } from '#domain/orchestration/record-kinds.ts'
import { put } from '#domain/ports/records.ts'
import type { Infra } from '#infra/infra.ts'
import { createRedisInfra } from '#infra/redis/create-redis-infra.ts'
import { SystemClock } from '#infra/system/system-clock.ts'
import { MemoryLogger } from '#simulation/memory/memory-logger.ts'
import { eventually } from '../helpers/eventually.ts'
import { askRedis } from '../helpers/redis-inline.ts'
import { type RedisServer, startRedis } from '../helpers/redis-server.ts'
import { freshScope } from './infra-under-test.ts'
import { NOTE_RECORDS } from './swarm-store/timed-lists.ts'

describe('an index by time on Redis', () => {
  let redis: RedisServer
  let infra: Infra
  beforeAll(async () => {
    redis = await startRedis({ appendfsync: 'always' })
    infra = await createRedisInfra(
      {
        url: redis.url,
        nodeId: nodeId(randomUUID()),
        kinds: new RecordKinds([...RECORD_KINDS.all, NOTE_RECORDS]),
      },
      { clock: new SystemClock(), logger: new MemoryLogger() },
    )
  })
  afterAll(async () => {
    await infra.close()
    await redis.close()
  })

  it('is missed where it is gone, and made again from the records once the loss is accepted', async () => {
    const scope = freshScope()
    const epoch = await claim(infra)
    const times: readonly (readonly [string, number?])[] = [['a', 30], ['b'], ['c', 20], ['d', 2 ** 53 - 1]]
    await infra.store.transact({
      scope,
      epoch,
      keys: [],
      decide: () => ({
        writes: times.map(([id, expiresAt]) =>
          put(NOTE_RECORDS, id, { text: 'x@9 ', ...(expiresAt === undefined ? {} : { expiresAt }) }),
        ),
        events: [],
        ready: [],
        result: null,
      }),
    })
    await askRedis(redis.port, `DEL amos:{${scope}}:times:${NOTE_RECORDS.name}`)
    await infra.coordination.release(scope)
    await expect(infra.coordination.claim(scope, 0)).rejects.toMatchObject({ code: 'store_unavailable' })
    const loss = await eventually(() => infra.store.status().loss ?? false)
    expect(loss.reason).toBe('keys_missing')
    await infra.losses.accept(loss.lostStoreId)
    await claim(infra)
    const upTo = Number.MAX_SAFE_INTEGER as EpochMs
    const listed = await infra.store.listByTime({ scope, kind: NOTE_RECORDS, upTo, countMax: 10 })
    expect(listed.map(({ key }) => key.id)).toEqual(['c', 'a', 'd'])

    async function claim({ coordination }: Infra) {
      const outcome = await coordination.claim(scope, 0)
      if (!outcome.isHeld) throw new Error('nobody else coordinates')
      return outcome.epoch
    }
  })
})
