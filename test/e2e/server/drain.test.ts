import { describe, expect, it } from 'vitest'
import { AGENT_OPERATIONS } from '#contract/operations/agent-operations.ts'
import { SYSTEM_OPERATIONS } from '#contract/operations/system-operations.ts'
import { TASK_OPERATIONS } from '#contract/operations/task-operations.ts'
import { ContractClient } from '../../helpers/contract-client.ts'
import { FrameClient } from '../../helpers/frame-client.ts'
import { startTestNode } from '../../helpers/test-node.ts'

const { getLiveness, getReadiness } = SYSTEM_OPERATIONS
const { submitTask, getTask } = TASK_OPERATIONS
const { registerAgent, claimTasks } = AGENT_OPERATIONS

describe('a server that drains', () => {
  it('tells agents and subscribers, refuses new work, and still answers reads and health checks', async () => {
    const node = await startTestNode()
    const client = new ContractClient(node.url)
    await client.call(registerAgent, { body: { agentId: 'on-channel', capabilities: [{ name: 'a' }] } })
    await client.call(registerAgent, { body: { agentId: 'waits', capabilities: [{ name: 'b' }] } })
    const channel = await FrameClient.open(node.url, '/v1/swarms/default/agents/on-channel/channel')
    channel.send({ type: 'hello' })
    await channel.next('welcome')
    const submitted = await client.call(submitTask, { body: { type: 'x', capabilities: ['a'] } })
    const { taskId } = submitted.body
    await channel.next('task.assigned')
    const stream = await FrameClient.open(node.url, '/v1/swarms/default/stream')
    stream.send({ type: 'subscribe', since: '0' })
    await stream.next('event')
    const waiting = client.call(claimTasks, { params: { agentId: 'waits' }, body: { waitMs: 30_000 } })
    expect((await client.call(getReadiness)).status).toBe(200)

    const drained = node.drain()
    expect(await channel.next()).toMatchObject({ type: 'drain' })
    expect(await stream.next('drain')).toMatchObject({ type: 'drain' })
    await drained
    expect(await channel.closed).toBe(1012)
    expect(await stream.closed).toBe(1012)
    expect((await waiting).body).toEqual({ assignments: [] })

    const readiness = await client.call(getReadiness)
    expect(readiness.status).toBe(503)
    expect(readiness.body).toMatchObject({ status: 'not_ready', reasons: ['the server is shutting down'] })
    expect((await client.call(getLiveness)).status).toBe(200)
    // Its agent keeps the lease and is expected back.
    const task = await client.call(getTask, { params: { taskId } })
    expect(task.body).toMatchObject({ phase: 'assigned', lease: { agentId: 'on-channel' } })
    const refused = await client.call(submitTask, { body: { type: 'x' } })
    expect(refused.body).toMatchObject({ status: 503, code: 'draining', retryable: true })
    expect(refused.headers.get('retry-after')).toBe('1')
    const upgrade = FrameClient.open(node.url, '/v1/swarms/default/stream')
    await expect(upgrade).rejects.toThrow(/503 .*draining/)
    await node.close()
  })
})
