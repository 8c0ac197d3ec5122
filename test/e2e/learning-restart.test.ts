import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { SwarmClient } from '#sdk/index.ts'
import { eventually } from '../helpers/eventually.ts'
import { type RedisServer, startRedis } from '../helpers/redis-server.ts'
import { startTestNode, type TestNode } from '../helpers/test-node.ts'

describe('a learning round', { timeout: 60_000 }, () => {
  const closers: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const close of closers.splice(0).toReversed()) await close()
  })

  async function settingsFor(store: 'embedded' | 'redis'): Promise<Record<string, string>> {
    if (store === 'redis') {
      const redis: RedisServer = await startRedis()
      closers.push(() => redis.close())
      return { AMOS_REDIS_URL: redis.url }
    }
    const dataDir = await mkdtemp(join(tmpdir(), 'amos-learning-'))
    closers.push(() => rm(dataDir, { recursive: true, force: true }))
    return { AMOS_DATA_DIR: dataDir }
  }

  it.each(['embedded', 'redis'] as const)('goes on after a restart, %s', async (store) => {
    const settings = await settingsFor(store)
    let node: TestNode | undefined = await startTestNode(settings)
    closers.push(async () => node?.close())
    let client = new SwarmClient({ url: node.url })
    // More than one piece of 256 KiB.
    const numbers = new Float64Array(40_000)
    const format = 'float64'
    await client.models.create({ model: 'kept', format, shape: [numbers.length] })
    await client.models.upload('kept', numbers, format)
    for (const agentId of ['a', 'b', 'c']) await client.registerAgent({ agentId })
    const { roundId } = await client.models.openRound({
      model: 'kept',
      aggregator: { kind: 'median' },
      clientsMin: 3,
      durationMs: 60_000,
      agentIds: ['a', 'b', 'c'],
    })
    const send = (agentId: string, value: number) =>
      client.models.sendUpdate(roundId, agentId, {
        baseVersion: 1,
        sampleCount: 1,
        format,
        numbers: numbers.map(() => value),
      })
    await send('a', 1)
    await send('b', 5)

    await node.close()
    node = await startTestNode(settings)
    client = new SwarmClient({ url: node.url })
    await expect(send('b', 5)).rejects.toMatchObject({ code: 'update_refused' })
    await send('c', 3)
    await eventually(async () => (await client.models.round(roundId)).status === 'completed')
    const read = await client.models.read('kept')
    expect(read.version).toBe(2)
    expect(new Set(read.numbers)).toEqual(new Set([3]))
  })
})
