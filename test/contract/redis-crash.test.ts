import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AGENT_RECORDS } from '#domain/model/agent-record.ts'
import { isSwarmError } from '#domain/model/errors.ts'
import type { SwarmEvent } from '#domain/model/events.ts'
import { type NodeId, nodeId, type Scope, type SwarmEpoch } from '#domain/model/ids.ts'
import type { RecordKind } from '#domain/model/record-kind.ts'
import { TASK_RECORDS } from '#domain/model/task-kinds.ts'
import { put } from '#domain/ports/records.ts'
import type { Infra } from '#infra/infra.ts'
import { createRedisInfra } from '#infra/redis/create-redis-infra.ts'
import { SystemClock } from '#infra/system/system-clock.ts'
import { MemoryLogger } from '#simulation/memory/memory-logger.ts'
import { eventually } from '../helpers/eventually.ts'
import { spawnSource } from '../helpers/process.ts'
import { askRedis } from '../helpers/redis-inline.ts'
import { type RedisOptions, type RedisServer, startRedis } from '../helpers/redis-server.ts'
import { sampleAgent, sampleEntry, sampleEvent, sampleTask } from '../helpers/sample-records.ts'
import { freshScope } from './infra-under-test.ts'

const clock = new SystemClock()
const LONGER_THAN_A_CLAIM_MS = 2_600

describe('Redis adapters when Redis or a node fails', () => {
  let redis: RedisServer
  let infra: Infra
  let scope: Scope
  let epoch: SwarmEpoch
  let toClose: Infra[]

  const openNode = async (): Promise<Infra> => {
    // However much of its tail a test cuts off: only a longer one would be a loss.
    const options = { url: redis.url, nodeId: nodeId(randomUUID()), lostTailMaxMs: 600_000 }
    const opened = await createRedisInfra(options, { clock, logger: new MemoryLogger() })
    toClose.push(opened)
    return opened
  }

  const start = async (options: RedisOptions = {}): Promise<void> => {
    redis = await startRedis(options)
    infra = await openNode()
    scope = freshScope()
    await claim(0)
  }

  const claim = async (sequenceFloor: number): Promise<void> => {
    const outcome = await infra.coordination.claim(scope, sequenceFloor)
    if (!outcome.isHeld) throw new Error(`held by ${outcome.coordinatorId}`)
    epoch = outcome.epoch
  }
  const claimAgain = (sequenceFloor: number): Promise<true> =>
    eventually(async () => {
      await claim(sequenceFloor)
      return true as const
    })

  /** Two records, an event and nothing else; repeating it is harmless. */
  const submit = (id: string) =>
    infra.store.transact({
      scope,
      epoch,
      keys: [{ kind: TASK_RECORDS, id }],
      decide: ([task]) =>
        task === undefined
          ? {
              writes: [
                put(TASK_RECORDS, id, sampleTask(id), { isOpen: true }),
                put(AGENT_RECORDS, id, sampleAgent(id)),
              ],
              events: [sampleEvent(id)],
              ready: [],
              result: null,
            }
          : { writes: [], events: [], ready: [], result: null },
    })

  const allEvents = async (): Promise<readonly SwarmEvent[]> => {
    const events: SwarmEvent[] = []
    for (;;) {
      const page = await infra.store.readEvents(scope, events.at(-1)?.sequence ?? 0, 2_000)
      events.push(...page.events)
      if (page.events.length === 0) return events
    }
  }
  const idsOf = async (kind: RecordKind, openOnly = false): Promise<readonly string[]> => {
    const records = await infra.store.list({ scope, kind, countMax: 50_000, openOnly })
    return records.map(({ key }) => key.id)
  }

  /** No step is there by half, and no event number is missing or there twice. */
  const expectWhole = async (): Promise<readonly string[]> => {
    const events = await allEvents()
    const ids = await idsOf(TASK_RECORDS)
    expect(await idsOf(AGENT_RECORDS)).toEqual(ids)
    expect(await idsOf(TASK_RECORDS, true)).toEqual(ids)
    expect(events.map(({ subject }) => subject).toSorted()).toEqual(ids.toSorted())
    return ids
  }

  beforeEach(() => {
    toClose = []
  })
  afterEach(async () => {
    await Promise.all(toClose.map((node) => node.close()))
    await redis.close()
  })

  it.each(['always', 'everysec'] as const)(
    'keeps every acknowledged step, and none by half, when Redis is killed amid 10 000 writes (%s)',
    async (appendfsync) => {
      await start({ appendfsync })
      expect(infra.store.status().durability).toBe(appendfsync === 'always' ? 'synced' : 'committed')
      const ids = Array.from({ length: 10_000 }, (_, index) => `t-${index}`)
      const acknowledged = new Set<string>()
      const failures: unknown[] = []
      let next = 0
      let restarted: Promise<void> | undefined
      const work = async (): Promise<void> => {
        for (let id = ids[next++]; id !== undefined; id = ids[next++]) {
          try {
            await submit(id)
            acknowledged.add(id)
          } catch (error) {
            failures.push(error)
          }
          if (acknowledged.size > 4_000) restarted ??= redis.kill9().then(() => redis.restart())
          // The writes that remain come when Redis is there again, some of them in the epoch from before.
          if (failures.length > 0) await restarted?.then(() => claimOnce())
        }
      }
      let claimed: Promise<true> | undefined
      const claimOnce = (): Promise<true> => (claimed ??= claimAgain(0))
      await Promise.all(Array.from({ length: 200 }, work))

      expect(failures.length).toBeGreaterThan(0)
      expect(failures.every((error) => isSwarmError(error, 'store_unavailable', 'not_coordinator'))).toBe(
        true,
      )
      const kept = new Set(await expectWhole())
      expect([...acknowledged].filter((id) => !kept.has(id))).toEqual([])
      expect(acknowledged.size).toBeGreaterThan(8_000)
      const events = await allEvents()
      const holes = events.filter(({ epoch, sequence }, index) => {
        const before = events[index - 1]
        return before?.epoch === epoch && sequence !== before.sequence + 1
      })
      expect(holes).toEqual([])
    },
  )

  it('fails writes within a second when Redis is frozen, says so within three, and recovers by itself', async () => {
    await start()
    await submit('before')
    redis.pause()
    const frozenAt = performance.now()
    const failures = await Promise.all(
      Array.from({ length: 50 }, (_, index) => submit(`frozen-${index}`).catch((error: unknown) => error)),
    )
    expect(performance.now() - frozenAt).toBeLessThan(1_000)
    for (const failure of failures) expect(failure).toMatchObject({ code: 'store_unavailable' })
    await eventually(() => !infra.store.status().isWritable, { timeoutMs: 3_000 })
    expect(performance.now() - frozenAt).toBeLessThan(3_000)
    const askedAt = performance.now()
    await expect(submit('meanwhile')).rejects.toMatchObject({ code: 'store_unavailable' })
    expect(performance.now() - askedAt).toBeLessThan(1_000)

    redis.resume()
    await eventually(() => infra.store.status().isWritable)
    await claimAgain(0)
    await submit('after')
    const ids = await expectWhole()
    expect(ids).toContain('before')
    expect(ids).toContain('after')
  })

  it('keeps a claim over a frozen Redis for longer than it lasts, under its epoch', async () => {
    await start()
    const lost: Scope[] = []
    infra.coordination.onLost((lostScope) => lost.push(lostScope))
    redis.pause()
    await delay(LONGER_THAN_A_CLAIM_MS)
    redis.resume()
    await eventually(async () => (await infra.coordination.coordinatorOf(scope)) !== undefined)
    await submit('after')
    expect(lost).toEqual([])
    const other = await openNode()
    expect(await other.coordination.claim(scope, 0)).toMatchObject({ isHeld: false })
  })

  it('ends a claim that lapsed when another node was faster', async () => {
    await start()
    const lost: Scope[] = []
    infra.coordination.onLost((lostScope) => lost.push(lostScope))
    const other = await openNode()
    // Again where a renewal came in between.
    await eventually(async () => {
      await askRedis(redis.port, `DEL amos:{${scope}}:coordinator`)
      return (await other.coordination.claim(scope, 0)).isHeld
    })
    await eventually(() => lost.includes(scope), { timeoutMs: 3_000 })
    expect(await other.coordination.coordinatorOf(scope)).toBe(other.coordination.nodeId)
  })

  it('fails at once when Redis is gone, and takes writes again when it is back', async () => {
    await start()
    await submit('before')
    await redis.kill9()
    await eventually(() => !infra.store.status().isWritable, { timeoutMs: 3_000 })
    const askedAt = performance.now()
    await expect(submit('meanwhile')).rejects.toMatchObject({ code: 'store_unavailable' })
    await expect(infra.coordination.claim(scope, 0)).rejects.toMatchObject({ code: 'store_unavailable' })
    expect(performance.now() - askedAt).toBeLessThan(500)
    await redis.restart()
    await eventually(() => infra.store.status().isWritable)
    await claimAgain(0)
    await submit('after')
    expect(await expectWhole()).toEqual(['after', 'before'])
  })

  it('ends every claim when Redis was restarted, and refuses what the old epoch still writes', async () => {
    await start()
    const lost: Scope[] = []
    infra.coordination.onLost((lostScope) => lost.push(lostScope))
    const old = epoch
    await submit('before')
    await redis.kill9()
    await redis.restart()
    await eventually(() => lost.includes(scope), { timeoutMs: 3_000 })
    await eventually(() => infra.store.status().isWritable)
    await expect(submit('late')).rejects.toMatchObject({ code: 'not_coordinator' })
    await claimAgain(0)
    expect(epoch).toBeGreaterThan(old)
    await submit('after')
    expect((await allEvents()).map(({ sequence }) => sequence)).toEqual([1, 2])
  })

  it('never gives one number to two events in an epoch when the newest were lost', async () => {
    await start({ appendfsync: 'everysec' })
    const seen: SwarmEvent[] = []
    for (let index = 0; index < 200; index += 1) seen.push(...(await submit(`t-${index}`)).events)
    await redis.dropTail({ fraction: 0.3 })
    const witnessed = seen.at(-1)?.sequence ?? 0
    const old = epoch
    await claimAgain(witnessed)
    expect(epoch).toBeGreaterThan(old)
    expect((await allEvents()).length).toBeLessThan(seen.length)
    const { events } = await submit('after')
    expect(events.map(({ sequence }) => sequence)).toEqual([witnessed + 1])
    await expectWhole()
  })

  it('leaves room for the numbers that may have been lost when nobody saw them', async () => {
    await start({ appendfsync: 'everysec' })
    for (let index = 0; index < 200; index += 1) await submit(`t-${index}`)
    await redis.dropTail({ fraction: 0.3 })
    await claimAgain(0)
    const { events } = await submit('after')
    expect(events[0]?.sequence).toBeGreaterThan(1_000_000)
    await expectWhole()
  })

  it('refuses writes as a whole while Redis has no memory left', async () => {
    await start()
    await submit('before')
    await askRedis(redis.port, 'CONFIG SET maxmemory 1')
    await expect(submit('meanwhile')).rejects.toMatchObject({ code: 'store_unavailable' })
    expect(await expectWhole()).toEqual(['before'])
    await eventually(() => !infra.store.status().isWritable)
    await askRedis(redis.port, 'CONFIG SET maxmemory 0')
    await eventually(() => infra.store.status().isWritable)
    await submit('after')
    expect(await expectWhole()).toEqual(['after', 'before'])
  })

  it('gives the next coordinator, within three seconds, all that a killed one had not settled', async () => {
    await start()
    const doomedScope = freshScope('doomed')
    const lost: NodeId[] = []
    await infra.peers.start({
      call: async () => null,
      notice: () => {},
      cutOff: () => {},
      unreceived: () => {},
      peerLost: (peer) => lost.push(peer),
      missed: () => {},
      news: () => {},
      appended: () => {},
    })
    const program = spawnSource('test/contract/programs/redis-node.ts', [
      redis.url,
      doomedScope,
      '300',
      '100',
      '50',
    ])
    const settled = (await program.waitForLine('settled')).split(' ').slice(1)
    await expect(infra.coordination.claim(doomedScope, 0)).resolves.toMatchObject({ isHeld: false })
    await program.kill9()
    const killedAt = performance.now()
    const claim = await eventually(async () => {
      const outcome = await infra.coordination.claim(doomedScope, 0)
      return outcome.isHeld && outcome
    })
    expect(performance.now() - killedAt).toBeLessThan(3_000)
    await eventually(() => lost.includes(nodeId('doomed')), { timeoutMs: 3_000 })

    const queue = infra.readyQueueFor(doomedScope, claim.epoch)
    const ids = Array.from({ length: 300 }, (_, index) => `t-${index}`)
    // As the records would say it: what was settled waits no longer.
    const waiting = ids.filter((id) => !settled.includes(id))
    await queue.restore(waiting.map((id) => sampleEntry(id, { rank: ids.indexOf(id) })))
    const taken: string[] = []
    await eventually(async () => {
      taken.push(...(await queue.take(1_000)).map(({ taskId }) => taskId))
      return waiting.every((id) => taken.includes(id))
    })
    expect(settled).toHaveLength(50)
    expect(new Set(taken).size).toBe(taken.length)
    // An entry that was settled just before the kill may come again: its record says that nothing is due.
    expect(taken.filter((id) => !waiting.includes(id) && !settled.includes(id))).toEqual([])
  })
})
