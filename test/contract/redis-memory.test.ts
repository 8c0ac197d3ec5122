import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SwarmClient } from '#sdk/index.ts'
import { eventually } from '../helpers/eventually.ts'
import { askRedis } from '../helpers/redis-inline.ts'
import { type RedisServer, startRedis } from '../helpers/redis-server.ts'
import { startTestNode, type TestNode } from '../helpers/test-node.ts'

const TASKS = 600
const BATCH = 100
const AGENTS = 12
/** What docs/redis.md says, in bytes. */
const TASK_BYTES_MAX = 1_500
const PAYLOAD = 'x'.repeat(200)

describe('the memory of Redis', () => {
  let redis: RedisServer
  let node: TestNode
  beforeAll(async () => {
    redis = await startRedis({ appendfsync: 'everysec' })
    node = await startTestNode({ AMOS_REDIS_URL: redis.url })
  })
  afterAll(async () => {
    await node.close()
    await redis.close()
  })

  const bytesOf = async (name: string): Promise<number> => {
    const answer = await askRedis(redis.port, `MEMORY USAGE amos:{default/default}:${name} SAMPLES 0`).catch(
      () => '0',
    )
    return Number(answer)
  }

  const workOff = async (client: SwarmClient, agentId: string): Promise<void> => {
    for (;;) {
      const held = await client.claimTasks(agentId, { countMax: 10, waitMs: 300 })
      if (held.length === 0) return
      await Promise.all(
        held.map(({ taskId, fencingToken }) =>
          client.completeTask(taskId, { agentId, fencingToken, result: 1 }),
        ),
      )
    }
  }

  it('for a finished task is bounded, beside its payload, its result and its events', async () => {
    const client = new SwarmClient({ url: node.url })
    const agents = Array.from({ length: AGENTS }, () => randomUUID())
    for (const agentId of agents)
      await client.registerAgent({ agentId, capabilities: [{ name: 'work' }], slots: BATCH })
    for (let done = 0; done < TASKS; done += BATCH) {
      await Promise.all(
        Array.from({ length: BATCH }, () =>
          client.submit({ type: 'work', capabilities: ['work'], payload: { text: PAYLOAD } }),
        ),
      )
      // All of them ask, so that each placement has as many candidates as there are agents.
      await Promise.all(agents.map((agentId) => workOff(client, agentId)))
    }
    await eventually(async () => (await client.getResources()).openTasks === 0)
    const kinds = ['task', 'decision', 'idempotency', 'payload', 'result']
    const names = kinds.flatMap((kind) => [`records:${kind}`, `ids:${kind}`, `open:${kind}`])
    const sizes = await Promise.all(
      [...names, 'events', 'outbox'].map(async (name) => [name, await bytesOf(name)] as const),
    )
    const each = Object.fromEntries(sizes.map(([name, bytes]) => [name, Math.round(bytes / TASKS)]))
    const beside = Object.entries(each).filter(
      ([name]) => !['records:payload', 'records:result', 'events'].includes(name),
    )
    const sum = beside.reduce((total, [, bytes]) => total + bytes, 0)
    expect(sum, JSON.stringify(each)).toBeLessThan(TASK_BYTES_MAX)
  })
})
