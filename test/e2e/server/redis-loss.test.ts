import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type EventItem, SwarmClient } from '#sdk/index.ts'
import { eventually } from '../../helpers/eventually.ts'
import { spawnSource } from '../../helpers/process.ts'
import { askRedis } from '../../helpers/redis-inline.ts'
import { type RedisServer, startRedis } from '../../helpers/redis-server.ts'
import { startTestNode, type TestNode } from '../../helpers/test-node.ts'

describe('a server whose Redis was emptied', () => {
  let redis: RedisServer
  let nodes: TestNode[]
  let client: SwarmClient

  beforeEach(async () => {
    redis = await startRedis()
    nodes = [
      await startTestNode({ AMOS_REDIS_URL: redis.url }),
      await startTestNode({ AMOS_REDIS_URL: redis.url }),
    ]
    client = new SwarmClient({ url: nodes.map(({ url }) => url), retryForMs: 0 })
  })
  afterEach(async () => {
    await Promise.all(nodes.map((node) => node.close()))
    await redis.close()
  })

  const clientOf = (node: TestNode): SwarmClient => new SwarmClient({ url: node.url, retryForMs: 0 })
  const metricsOf = async ({ url }: TestNode): Promise<string> => (await fetch(`${url}/metrics`)).text()

  it('says so to everybody, and goes on only when an operator accepts the loss', async () => {
    await client.createSwarm({ swarmId: 'research' })
    const { taskId } = await client.submit({ type: 'work', capabilities: ['work'], payload: 1 })
    const items: EventItem[] = []
    const subscription = client.events()
    const reading = (async () => {
      for await (const item of subscription) items.push(item)
    })()
    await client.submit({ type: 'work', capabilities: ['work'], payload: 2 })
    await eventually(() => items.length > 0)
    const lastSequence = (await client.readEvents({ pageSize: 100 })).lastSequence

    await askRedis(redis.port, 'FLUSHALL')
    for (const node of nodes) {
      const own = clientOf(node)
      await eventually(async () => (await own.getReadiness()).status === 'not_ready')
      expect((await own.getReadiness()).reasons.join()).toContain('amos store accept')
      await expect(own.getTask(taskId)).rejects.toMatchObject({ code: 'store_unavailable', status: 503 })
      await expect(own.listTasks()).rejects.toMatchObject({ code: 'store_unavailable' })
      await expect(own.submit({ type: 'work', capabilities: ['work'] })).rejects.toMatchObject({
        status: 503,
      })
      await expect(own.readEvents()).rejects.toMatchObject({ status: 503 })
      expect(await metricsOf(node)).toContain('amos_store_lost 1')
    }
    // Live readers are told that what they have read is gone.
    await eventually(() => items.some((item) => item.type === 'gap'))
    expect(items.find((item) => item.type === 'gap')).toMatchObject({
      reason: 'lost',
      toSequence: lastSequence,
    })
    const { loss } = await client.getStore()
    expect(loss?.reason).toBe('emptied')
    // Nothing is made again meanwhile.
    expect(await askRedis(redis.port, 'EXISTS amos:{default}:records:swarm')).toBe('0')

    const accepted = spawnSource('src/cli/main.ts', [
      'store',
      'accept',
      loss?.lostStoreId ?? '',
      '--url',
      nodes[1]?.url ?? '',
    ])
    expect(await accepted.exited).toMatchObject({ code: 0 })
    for (const node of nodes) {
      const own = clientOf(node)
      await eventually(async () => (await own.getReadiness()).status === 'ready')
      await eventually(
        async () => (await own.listSwarms()).swarms.map(({ swarmId }) => swarmId).join() === 'default',
      )
      await expect(own.getTask(taskId)).rejects.toMatchObject({ code: 'task_not_found' })
      expect(await metricsOf(node)).toContain('amos_store_lost 0')
    }
    const next = await eventually(() =>
      client.submit({ type: 'work', capabilities: ['work'], payload: 3 }).catch(() => false as const),
    )
    expect(next.durability).toBe('synced')
    const types = await eventually(async () => {
      const page = await client.readEvents({ pageSize: 100 })
      return page.events.length > 0 && page.events.map(({ type }) => type)
    })
    expect(types).toContain('amos.swarm.store_lost')
    // No number is given twice.
    await eventually(() =>
      items.some((item) => item.type === 'event' && item.event.type === 'amos.swarm.store_lost'),
    )
    const sequences = items.flatMap((item) => (item.type === 'event' ? item.event.sequence : []))
    expect(new Set(sequences).size).toBe(sequences.length)
    subscription.close()
    await reading
  })
})
