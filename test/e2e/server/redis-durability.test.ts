import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SYSTEM_OPERATIONS } from '#contract/operations/system-operations.ts'
import { TASK_OPERATIONS } from '#contract/operations/task-operations.ts'
import { ContractClient } from '../../helpers/contract-client.ts'
import { eventually } from '../../helpers/eventually.ts'
import { spawnSource } from '../../helpers/process.ts'
import { askRedis } from '../../helpers/redis-inline.ts'
import { type RedisOptions, type RedisServer, startRedis } from '../../helpers/redis-server.ts'
import { startTestNode, type TestNode } from '../../helpers/test-node.ts'

const { submitTask } = TASK_OPERATIONS
const { getReadiness, getMetrics } = SYSTEM_OPERATIONS
const params = { swarmId: 'default' }
const body = { type: 'work', capabilities: ['work'], payload: 1 }

describe('a server on Redis', () => {
  let redis: RedisServer
  let node: TestNode | undefined
  let client: ContractClient

  const start = async (options: RedisOptions, settings: Record<string, string> = {}): Promise<void> => {
    redis = await startRedis(options)
    node = await startTestNode({ AMOS_REDIS_URL: redis.url, ...settings })
    client = new ContractClient(node.url)
  }
  beforeEach(() => {
    node = undefined
  })
  afterEach(async () => {
    await node?.close()
    await redis.close()
  })

  it('takes no task while Redis gives less than the durability it was started with', async () => {
    await start({ appendfsync: 'always' }, { AMOS_DURABILITY: 'synced' })
    expect((await client.call(submitTask, { params, body })).body).toMatchObject({ durability: 'synced' })
    await askRedis(redis.port, 'CONFIG SET appendonly no')
    const notReady = await eventually(async () => {
      const reply = await client.call(getReadiness, {})
      return reply.status === 503 && reply
    })
    expect(notReady.body).toMatchObject({ status: 'not_ready', durability: 'none' })
    expect(JSON.stringify(notReady.body)).toContain('appendonly no')
    const refused = await client.call(submitTask, { params, body })
    expect(refused).toMatchObject({ status: 503, body: { code: 'store_unavailable', retryable: true } })
    expect(refused.headers.get('retry-after')).toBe('1')
    const metrics = await client.call(getMetrics, {})
    expect(metrics.body).toContain('amos_store_writable 0')
    expect(metrics.body).toContain('amos_store_durability{durability="none"} 1')
    await askRedis(redis.port, 'CONFIG SET appendonly yes')
    await eventually(async () => (await client.call(getReadiness, {})).status === 200)
    expect((await client.call(submitTask, { params, body })).body).toMatchObject({ durability: 'synced' })
  })

  it('says none in every answer where the operator asked for it', async () => {
    await start({ appendonly: false }, { AMOS_DURABILITY: 'none' })
    expect((await client.call(submitTask, { params, body })).body).toMatchObject({ durability: 'none' })
    expect(await client.call(getReadiness, {})).toMatchObject({ status: 200, body: { durability: 'none' } })
  })

  it('does not start where tasks could be evicted, and says what to change', async () => {
    redis = await startRedis({ maxmemoryPolicy: 'allkeys-lru' })
    const server = spawnSource('src/main.ts', [], { env: { AMOS_REDIS_URL: redis.url, AMOS_PORT: '0' } })
    expect(await server.exited).toMatchObject({ code: 78 })
    expect(server.output).toContain('maxmemory-policy allkeys-lru (needed: noeviction)')
    expect(server.output).toContain('AMOS_DURABILITY=none')
  })
})
