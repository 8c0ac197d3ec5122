import { afterEach, describe, expect, it } from 'vitest'
import { SwarmAgent, SwarmClient } from '#sdk/index.ts'
import { askRedis } from '../helpers/redis-inline.ts'
import { type RedisServer, startRedis } from '../helpers/redis-server.ts'
import { startTestNode, type TestNode } from '../helpers/test-node.ts'

const TASKS = 25

describe('two nodes on one Redis', { timeout: 120_000 }, () => {
  const nodes: TestNode[] = []
  const agents: SwarmAgent[] = []
  let redis: RedisServer

  afterEach(async () => {
    await Promise.all(agents.splice(0).map((agent) => agent.close()))
    await Promise.all(nodes.splice(0).map((node) => node.close()))
    await redis.close()
  })

  it('charge no attempt for assignments that were lost between them', async () => {
    redis = await startRedis()
    const settings = { AMOS_REDIS_URL: redis.url, AMOS_LEASE_MS: '3000' }
    for (let count = 0; count < 2; count += 1) nodes.push(await startTestNode(settings))
    const [first, second] = nodes as [TestNode, TestNode]
    let runs = 0
    for (let index = 0; index < 5; index += 1) {
      const agent = new SwarmAgent({ url: second.url, agentId: `a${index}`, capabilities: ['work'] })
      agents.push(agent.handle('work', () => (runs += 1)))
      await agent.start()
    }
    const client = new SwarmClient({ url: first.url })
    const taskIds: string[] = []
    for (let index = 0; index < TASKS; index += 1) {
      await askRedis(redis.port, 'CLIENT KILL TYPE pubsub')
      const task = await client.submit({ type: 'work', capabilities: ['work'], maxAttempts: 1 })
      taskIds.push(task.taskId)
    }
    const tasks = await Promise.all(taskIds.map((id) => client.waitForTask(id, { timeoutMs: 90_000 })))
    expect(tasks.map(({ status, failure }) => failure ?? status)).toEqual(tasks.map(() => 'completed'))
    expect(runs).toBeGreaterThanOrEqual(TASKS)
  })
})
