import { afterEach, describe, expect, it } from 'vitest'
import { CONSENSUS_OPERATIONS } from '#contract/operations/consensus-operations.ts'
import { SYSTEM_OPERATIONS } from '#contract/operations/system-operations.ts'
import { TASK_OPERATIONS } from '#contract/operations/task-operations.ts'
import { type AgentTask, SwarmAgent, SwarmClient } from '#sdk/index.ts'
import { ContractClient } from '../helpers/contract-client.ts'
import { eventually } from '../helpers/eventually.ts'
import { type RedisServer, startRedis } from '../helpers/redis-server.ts'
import { startTestNode, type TestNode } from '../helpers/test-node.ts'

describe('a hierarchical swarm', { timeout: 60_000 }, () => {
  const agents: SwarmAgent[] = []
  let node: TestNode
  let redis: RedisServer | undefined

  afterEach(async () => {
    await Promise.all(agents.splice(0).map((agent) => agent.close()))
    await node.close()
    await redis?.close()
    redis = undefined
  })

  /** root over lead and other; lead over w1 and w2, other over w3 and w4. */
  async function startTree(
    settings: Record<string, string>,
    handlers: Record<string, Handler>,
  ): Promise<void> {
    node = await startTestNode(settings)
    await new SwarmClient({ url: node.url }).switchTopology({ kind: 'hierarchical', branching: 2 })
    for (const agentId of ['root', 'lead', 'other', 'w1', 'w2', 'w3', 'w4']) {
      const isWorker = agentId.startsWith('w')
      const agent = new SwarmAgent({ url: node.url, agentId, capabilities: [isWorker ? 'work' : agentId] })
      const handler = handlers[agentId]
      if (handler !== undefined) agent.handle('job', handler)
      agents.push(agent)
      await agent.start()
      if (agentId === 'root') await eventually(() => isLedBy('root'), { what: 'a leader' })
    }
  }

  /** Elected while it is alone, it stays the root of those who come. */
  async function isLedBy(agentId: string): Promise<boolean> {
    const { body } = await new ContractClient(node.url).call(CONSENSUS_OPERATIONS.getLeader)
    return body['leaderId'] === agentId
  }

  it.each(['embedded', 'redis'])('has what a manager splits done by those below it, on %s', async (store) => {
    if (store === 'redis') redis = await startRedis()
    const answer = (agentId: string) => () => agentId
    await startTree(redis === undefined ? {} : { AMOS_REDIS_URL: redis.url }, {
      lead: async ({ taskId }) => {
        const client = new SwarmClient({ url: node.url })
        const part = { type: 'job', capabilities: ['work'], parentTaskId: taskId }
        const { tasks } = await client.submitBatch([part, part])
        return Promise.all(tasks.map(async (task) => (await client.waitForTask(task.taskId)).result))
      },
      w1: answer('w1'),
      w2: answer('w2'),
      w3: answer('w3'),
      w4: answer('w4'),
    })
    const client = new SwarmClient({ url: node.url })
    const { taskId } = await client.submit({ type: 'job', capabilities: ['lead'] })
    const { result } = await client.waitForTask(taskId, { timeoutMs: 20_000 })
    for (const worker of result as string[]) expect(['w1', 'w2']).toContain(worker)
  })

  it('tells of a failure in the log, and offers the next attempt below the same manager', async () => {
    const failed: string[] = []
    const once = (agentId: string) => () => {
      if (failed.length > 0) return agentId
      failed.push(agentId)
      throw new Error('it broke')
    }
    await startTree({}, { w1: once('w1'), w2: once('w2'), w3: once('w3'), w4: once('w4') })
    const client = new SwarmClient({ url: node.url })
    const backoff = { baseMs: 1, factor: 1, maxMs: 1 }
    const { taskId } = await client.submit({ type: 'job', capabilities: ['work'], backoff })
    const { result } = await client.waitForTask(taskId, { timeoutMs: 20_000 })
    const beside: Record<string, string> = { w1: 'w2', w2: 'w1', w3: 'w4', w4: 'w3' }
    expect(result).toBe(beside[failed[0]!])
    const manager = ['w1', 'w2'].includes(failed[0]!) ? 'lead' : 'other'
    // This client checks each answer against its schema.
    const contract = new ContractClient(node.url)
    const events = await contract.call(SYSTEM_OPERATIONS.readEvents, {
      query: { types: 'amos.task.escalated' },
    })
    expect(events.body).toMatchObject({
      events: [
        { subject: taskId, data: { agentId: failed[0], attempt: 1, reportingChain: [manager, 'root'] } },
      ],
    })
    const decision = await contract.call(TASK_OPERATIONS.getTaskDecision, { params: { taskId } })
    expect(decision.body).toMatchObject({ delegationPath: ['root', manager, result], attempt: 2 })
  })
})

type Handler = (task: AgentTask) => unknown
