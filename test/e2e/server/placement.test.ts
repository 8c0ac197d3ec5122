import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SwarmAgent, SwarmClient, TaskFailure } from '#sdk/index.ts'
import { eventually } from '../../helpers/eventually.ts'
import { startTestNode, type TestNode } from '../../helpers/test-node.ts'

describe('why a task does not run', () => {
  let node: TestNode
  let client: SwarmClient
  const agents: SwarmAgent[] = []

  beforeAll(async () => {
    node = await startTestNode()
    client = new SwarmClient({ url: node.url })
  })
  afterAll(async () => {
    await Promise.all(agents.map((agent) => agent.close()))
    await node.close()
  })

  /** Each test has a capability of its own. */
  async function agentOf(skill: string, options: object = {}): Promise<SwarmAgent> {
    const agent = new SwarmAgent({
      url: node.url,
      agentId: `agent-${skill}`,
      capabilities: [skill],
      ...options,
    })
    agents.push(agent)
    return agent
  }

  async function submit(skill: string, task: object = {}): Promise<string> {
    return (await client.submit({ type: skill, capabilities: [skill], ...task })).taskId
  }

  const reasonsOf = async (taskId: string) => (await client.getTaskPlacement(taskId)).waiting

  /** The first reason, once it has this code: what agents do reaches the server a moment later. */
  function reasonOnce(taskId: string, code: string) {
    return eventually(
      async () => {
        const [first] = await reasonsOf(taskId)
        return first?.code === code && first
      },
      { timeoutMs: 5_000 },
    )
  }

  it('no_capable_agent: nobody ever could', async () => {
    const taskId = await submit('never')
    expect(await reasonsOf(taskId)).toEqual([
      { code: 'no_capable_agent', changedBy: 'operator', message: 'no agent has never' },
    ])
    expect((await client.getResources()).waiting).toContainEqual({
      code: 'no_capable_agent',
      message: 'no agent has never',
      taskCount: 1,
    })
    await client.cancelTask(taskId)
  })

  it('no_capable_agent: the last one was removed, and is named with the time', async () => {
    await client.registerAgent({ agentId: 'gone-1', capabilities: [{ name: 'gone' }] })
    await client.deregisterAgent('gone-1')
    expect(await reasonOnce(await submit('gone'), 'no_capable_agent')).toMatchObject({
      agentIds: ['gone-1'],
      since: expect.any(String) as string,
    })
  })

  it('no_agent_large_enough', async () => {
    await client.registerAgent({
      agentId: 'small-1',
      capabilities: [{ name: 'small' }],
      resources: { gpu: 1 },
    })
    expect(
      await reasonOnce(await submit('small', { resources: { gpu: 2 } }), 'no_agent_large_enough'),
    ).toMatchObject({ changedBy: 'operator', agentCount: 1 })
  })

  it('agents_offline, agents_not_asking, agents_draining', async () => {
    await client.registerAgent({ agentId: 'http-1', capabilities: [{ name: 'http' }] })
    const taskId = await submit('http')
    expect(await reasonOnce(taskId, 'agents_offline')).toMatchObject({ agentIds: ['http-1'] })
    await client.heartbeatAgent('http-1')
    expect(await reasonOnce(taskId, 'agents_not_asking')).toMatchObject({ changedBy: 'agents' })
    await client.updateAgent('http-1', { isDraining: true })
    expect(await reasonOnce(taskId, 'agents_draining')).toMatchObject({ changedBy: 'operator' })
  })

  it('agents_circuit_open', async () => {
    const agent = await agentOf('broken')
    agent.handle('broken', () => {
      throw new TaskFailure('it breaks', { retryable: false })
    })
    await agent.start()
    for (let failure = 0; failure < 5; failure += 1)
      await client.waitForTask(await submit('broken'), { timeoutMs: 5_000 })
    expect(await reasonOnce(await submit('broken'), 'agents_circuit_open')).toMatchObject({
      changedBy: 'time',
    })
  })

  it('agents_busy with a place in line, and an estimate once a task has run', async () => {
    const agent = await agentOf('busy')
    const ends: (() => void)[] = []
    agent.handle('busy', () => new Promise<null>((resolve) => ends.push(() => resolve(null))))
    await agent.start()
    await submit('busy')
    const second = await submit('busy')
    const third = await submit('busy')
    await eventually(() => ends.length === 1)
    await eventually(async () => {
      const waiting = await reasonsOf(third)
      expect(waiting.map(({ code }) => code)).toEqual(['agents_busy', 'in_line'])
      expect(waiting[1]).toMatchObject({ position: 2 })
      return true
    })
    ends[0]!()
    await eventually(() => ends.length === 2)
    expect(await reasonsOf(second)).toEqual([])
    expect((await client.getTaskPlacement(second)).placement).toMatchObject({ agentId: 'agent-busy' })
    await eventually(async () => (await reasonsOf(third))[1]?.estimatedWaitMs !== undefined)
    expect((await reasonsOf(third))[1]).toMatchObject({ position: 1 })
    ends[1]!()
    await eventually(() => ends.length === 3)
    ends[2]!()
  })

  it('paused, concurrency_limit, rate_limit and budget_exhausted, all at once where all hold it', async () => {
    const agent = await agentOf('held', { slots: 10 })
    agent.handle('held', () => null)
    await agent.start()
    const taskId = async () => submit('held', { fairnessKey: 'held', cost: { money: 2 } })
    await client.controls.pause('type:held', 'maintenance')
    const held = await taskId()
    expect(await reasonsOf(held)).toMatchObject([
      {
        code: 'paused',
        target: 'type:held',
        changedBy: 'operator',
        message: 'type:held is paused: maintenance',
      },
    ])
    await client.controls.set({ target: 'key:held', concurrencyMax: 0 })
    await client.controls.setBudget({ target: 'key:held', limit: { money: 1 } })
    expect((await reasonsOf(held)).map(({ code }) => code)).toEqual([
      'paused',
      'concurrency_limit',
      'budget_exhausted',
    ])
    await client.controls.resume('type:held')
    await client.controls.setBudget({ target: 'key:held', limit: { money: 100 } })
    await client.controls.set({ target: 'key:held', rate: { count: 1, windowMs: 60_000 } })
    await client.waitForTask(held, { timeoutMs: 5_000 })
    expect(await reasonsOf(await taskId())).toMatchObject([
      { code: 'rate_limit', target: 'key:held', changedBy: 'time', until: expect.any(String) as string },
    ])
  })

  it('dependency, delayed and retrying', async () => {
    const first = await submit('nothing')
    expect(await reasonsOf(await submit('nothing', { dependsOn: [first] }))).toMatchObject([
      { code: 'dependency', waitingFor: [first] },
    ])
    expect(await reasonsOf(await submit('nothing', { delayMs: 60_000 }))).toMatchObject([
      { code: 'delayed', changedBy: 'time', until: expect.any(String) as string },
    ])
    const agent = await agentOf('flaky')
    agent.handle('flaky', () => {
      throw new Error('not this time')
    })
    await agent.start()
    const taskId = await submit('flaky', { backoff: { baseMs: 60_000, factor: 1, maxMs: 60_000 } })
    expect(await reasonOnce(taskId, 'retrying')).toMatchObject({ changedBy: 'time' })
  })

  it('answers nothing to wait for once the task is over, and 404 for one that does not exist', async () => {
    const taskId = await submit('nothing')
    await client.cancelTask(taskId)
    expect(await client.getTaskPlacement(taskId)).toMatchObject({ status: 'canceled', waiting: [] })
    await expect(client.getTaskPlacement('nobody')).rejects.toMatchObject({ code: 'task_not_found' })
  })
})
