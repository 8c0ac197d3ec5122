import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { AGENT_OPERATIONS } from '#contract/operations/agent-operations.ts'
import { TASK_OPERATIONS } from '#contract/operations/task-operations.ts'
import { ChannelAgents } from '../../helpers/channel-agents.ts'
import { eventually } from '../../helpers/eventually.ts'
import { FrameClient } from '../../helpers/frame-client.ts'
import { startTestNode, type TestNode } from '../../helpers/test-node.ts'

const { cancelTask } = TASK_OPERATIONS
const { getAgent, claimTasks } = AGENT_OPERATIONS

describe('the agent channel', () => {
  let node: TestNode
  let agents: ChannelAgents

  beforeAll(async () => {
    node = await startTestNode({ AMOS_RECONNECT_GRACE_MS: '300', AMOS_LEASE_MS: '2000' })
    agents = new ChannelAgents(node.url)
  })
  afterEach(() => agents.closeAll())
  afterAll(() => node.close())

  it('welcomes an agent, gives it work, and takes its reports', async () => {
    const agentId = await agents.register()
    const channel = await agents.connect(agentId)
    channel.send({ type: 'hello', requestId: 'h' })
    expect(await channel.next()).toMatchObject({
      type: 'welcome',
      requestId: 'h',
      agentId,
      swarmId: 'default',
      leaseMs: 2_000,
      heartbeatMs: 666,
      kept: [],
      lost: [],
    })
    const taskId = await agents.submitFor(agentId, { payload: { n: 1, text: 'é\u2028' }, priority: 1 })
    const assigned = await channel.next()
    expect(assigned).toMatchObject({
      type: 'task.assigned',
      taskId,
      attempt: 1,
      task: { type: 'test', priority: 1 },
      payload: { n: 1, text: 'é\u2028' },
    })
    const { fencingToken } = assigned
    channel.send({ type: 'task.accept', requestId: 1, taskId, fencingToken })
    expect(await channel.next()).toEqual({ type: 'ack', requestId: 1 })
    channel.send({ type: 'task.progress', requestId: 2, taskId, fencingToken, ratio: 0.5, message: 'half' })
    expect(await channel.next()).toEqual({ type: 'ack', requestId: 2 })
    expect(await agents.task(taskId)).toMatchObject({
      phase: 'running',
      progress: { ratio: 0.5, message: 'half' },
    })
    channel.send({ type: 'task.complete', requestId: 3, taskId, fencingToken, result: { sum: 2 } })
    expect(await channel.next()).toEqual({
      type: 'ack',
      requestId: 3,
      result: { taskId, status: 'completed', phase: 'done' },
    })
    expect(await agents.task(taskId)).toMatchObject({ status: 'completed', result: { sum: 2 } })
  })

  it('speaks MessagePack with payloads and results as UTF-8 JSON in bin', async () => {
    const agentId = await agents.register()
    const channel = await agents.welcomed(agentId, { subprotocols: ['amos.v1.msgpack'] })
    const taskId = await agents.submitFor(agentId, { payload: { text: 'žluť' } })
    const { fencingToken, payload } = await channel.next('task.assigned')
    expect(JSON.parse(Buffer.from(payload as Uint8Array).toString())).toEqual({ text: 'žluť' })
    const result = Buffer.from('{"done":[true,1.5,"ß"]}')
    channel.send({ type: 'task.complete', requestId: 1, taskId, fencingToken, result })
    expect(await channel.next()).toMatchObject({ type: 'ack', result: { status: 'completed' } })
    expect(await agents.task(taskId)).toMatchObject({ result: { done: [true, 1.5, 'ß'] } })
  })

  it('takes failures and releases', async () => {
    const agentId = await agents.register()
    const channel = await agents.welcomed(agentId)
    const taskId = await agents.submitFor(agentId, { maxAttempts: 1 })
    const first = await channel.next('task.assigned')
    channel.send({ type: 'task.release', requestId: 1, taskId, fencingToken: first.fencingToken })
    expect(await channel.next('ack')).toMatchObject({ result: { status: 'submitted' } })
    const second = await channel.next('task.assigned')
    expect(second).toMatchObject({ taskId, attempt: 1 })
    expect(second.fencingToken).toBeGreaterThan(first.fencingToken)
    const failure = { code: 'no_luck', message: 'it did not work' }
    channel.send({ type: 'task.fail', requestId: 2, taskId, fencingToken: second.fencingToken, failure })
    expect(await channel.next('ack')).toMatchObject({ result: { status: 'failed', phase: 'dead_letter' } })
  })

  it('tells the agent that its task was canceled', async () => {
    const agentId = await agents.register()
    const channel = await agents.welcomed(agentId)
    const taskId = await agents.submitFor(agentId)
    const { fencingToken } = await channel.next('task.assigned')
    await agents.client.call(cancelTask, { params: { taskId }, body: { reason: 'changed our mind' } })
    expect(await channel.next()).toEqual({
      type: 'task.canceled',
      taskId,
      fencingToken,
      reason: 'changed our mind',
    })
    channel.send({ type: 'task.complete', requestId: 1, taskId, fencingToken })
    expect(await channel.next()).toMatchObject({ type: 'error', requestId: 1, code: 'lease_lost' })
  })

  it('refuses a stale token with the problem of the same code, and leaves the channel open', async () => {
    const agentId = await agents.register()
    const channel = await agents.welcomed(agentId)
    const taskId = await agents.submitFor(agentId)
    const { fencingToken } = await channel.next('task.assigned')
    const stale = fencingToken - 1
    channel.send({ type: 'task.complete', requestId: 'x', taskId, fencingToken: stale })
    expect(await channel.next()).toMatchObject({
      type: 'error',
      requestId: 'x',
      code: 'lease_lost',
      status: 409,
      retryable: false,
      details: { taskId, heldBy: agentId },
    })
    channel.send({ type: 'task.complete', requestId: 'y', taskId, fencingToken })
    expect(await channel.next()).toMatchObject({ type: 'ack', requestId: 'y' })
  })

  it('renews leases by heartbeats, and says what is lost', async () => {
    const agentId = await agents.register()
    const channel = await agents.welcomed(agentId)
    const taskId = await agents.submitFor(agentId)
    const { fencingToken } = await channel.next('task.assigned')
    const held = [
      { taskId, fencingToken },
      { taskId: 'never-had-it', fencingToken: 1 },
    ]
    channel.send({ type: 'heartbeat', requestId: 1, held })
    expect(await channel.next()).toMatchObject({
      type: 'ack',
      result: { kept: [taskId], lost: ['never-had-it'] },
    })
    channel.send({ type: 'heartbeat', held })
    expect(await channel.next()).toMatchObject({
      type: 'task.revoked',
      taskId: 'never-had-it',
      fencingToken: 1,
    })
  })

  it('lets an agent that reconnects within the grace period keep what it holds', async () => {
    const agentId = await agents.register()
    const first = await agents.welcomed(agentId)
    const taskId = await agents.submitFor(agentId)
    const { fencingToken } = await first.next('task.assigned')
    await first.close()
    const second = await agents.connect(agentId)
    second.send({ type: 'hello', held: [{ taskId, fencingToken }] })
    expect(await second.next()).toMatchObject({ type: 'welcome', kept: [taskId], lost: [] })
    second.send({ type: 'task.complete', requestId: 1, taskId, fencingToken })
    expect(await second.next()).toMatchObject({ type: 'ack', result: { status: 'completed' } })
  })

  it('gives the work of an agent that stays away to another attempt', async () => {
    const agentId = await agents.register()
    const channel = await agents.welcomed(agentId)
    const taskId = await agents.submitFor(agentId, { backoff: { baseMs: 0, maxMs: 0 } })
    await channel.next('task.assigned')
    await channel.close()
    await eventually(async () => (await agents.task(taskId))['phase'] === 'queued')
    expect((await agents.client.call(getAgent, { params: { agentId } })).body['status']).toBe('offline')
  })

  it('lets the newest connection of an agent win', async () => {
    const agentId = await agents.register()
    const older = await agents.welcomed(agentId)
    const newer = await agents.welcomed(agentId)
    expect(await older.next()).toMatchObject({ type: 'error', code: 'session_superseded' })
    expect(await older.closed).toBe(4001)
    const taskId = await agents.submitFor(agentId)
    expect(await newer.next('task.assigned')).toMatchObject({ taskId })
  })

  it('does not let an agent on a channel claim over HTTP', async () => {
    const agentId = await agents.register()
    await agents.welcomed(agentId)
    const { body } = await agents.client.call(claimTasks, { params: { agentId } })
    expect(body).toMatchObject({ status: 409, code: 'agent_on_channel' })
  })

  it('answers unknown agents with a code of their own', async () => {
    const channel = await agents.connect('nobody')
    channel.send({ type: 'hello', requestId: 7 })
    expect(await channel.next()).toMatchObject({ type: 'error', requestId: 7, code: 'agent_not_found' })
    expect(await channel.closed).toBe(4004)
  })

  it('refuses the upgrade where the swarm or the agent cannot be', async () => {
    const nowhere = FrameClient.open(node.url, '/v1/swarms/none/agents/a/channel')
    await expect(nowhere).rejects.toThrow(/404 .*swarm_not_found/)
    const badId = FrameClient.open(node.url, '/v1/swarms/default/agents/NO/channel')
    await expect(badId).rejects.toThrow(/400 .*validation_failed/)
    const plain = await fetch(`${node.url}/v1/swarms/default/agents/a/channel`)
    expect(await plain.json()).toMatchObject({ status: 426, code: 'upgrade_required' })
  })
})
