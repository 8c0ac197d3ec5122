import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SwarmAgent, SwarmClient } from '#sdk/index.ts'
import { startTestNode, type TestNode } from '../../helpers/test-node.ts'

const SOON = { timeoutMs: 5_000 }

describe('limits, pauses and budgets over REST', () => {
  let node: TestNode
  let client: SwarmClient
  let agent: SwarmAgent

  beforeAll(async () => {
    node = await startTestNode()
    client = new SwarmClient({ url: node.url })
    agent = new SwarmAgent({
      url: node.url,
      agentId: 'ada',
      capabilities: ['work'],
      slots: 10,
    })
    agent.handle('work', () => 'done')
    agent.handle('spend', (_, context) => {
      context.used({ tokens: 10 })
      context.used({ tokens: 15, money: 0.5 })
      return null
    })
    await agent.start()
  })
  afterAll(async () => {
    await agent.close()
    await node.close()
  })

  const submit = (task: object = {}) => client.submit({ type: 'work', capabilities: ['work'], ...task })

  it('hold what is paused, by type, and start it once it is resumed', async () => {
    const control = await client.controls.pause('type:work', 'not now')
    expect(control).toMatchObject({ target: 'type:work', pauseReason: 'not now' })
    const { taskId } = await submit()
    const other = await submit({ type: 'spend' })
    expect((await client.waitForTask(other.taskId, SOON)).status).toBe('completed')
    expect((await client.getTask(taskId)).phase).toBe('queued')
    await client.controls.resume('type:work')
    expect((await client.waitForTask(taskId, SOON)).status).toBe('completed')
    await expect(client.controls.resume('type:work')).rejects.toMatchObject({
      code: 'control_not_found',
      status: 404,
    })
  })

  it('are listed as they were set, and lifted', async () => {
    await client.controls.set({ target: 'key:a/b', concurrencyMax: 0, rate: { count: 5, windowMs: 60_000 } })
    expect((await client.controls.list()).controls).toMatchObject([
      { target: 'key:a/b', concurrencyMax: 0, rate: { count: 5, windowMs: 60_000 } },
    ])
    const { taskId } = await submit({ fairnessKey: 'a/b', labels: { team: 'blue' } })
    expect(await client.getTask(taskId)).toMatchObject({
      fairnessKey: 'a/b',
      labels: { team: 'blue' },
      phase: 'queued',
    })
    const { tasks } = await client.listTasks({ label: 'team=blue', fairnessKey: 'a/b', sort: 'createdAt' })
    expect(tasks.map((task) => task.taskId)).toEqual([taskId])
    expect((await client.listTasks({ label: 'team=red' })).tasks).toEqual([])
    const past = new Date(0).toISOString()
    expect((await client.listTasks({ createdBefore: past })).tasks).toEqual([])
    await expect(client.listTasks({ createdBefore: 'yesterday' })).rejects.toMatchObject({ status: 400 })
    await client.controls.remove('key:a/b')
    expect((await client.waitForTask(taskId, SOON)).status).toBe('completed')
    await expect(client.controls.remove('key:a/b')).rejects.toMatchObject({ code: 'control_not_found' })
  })

  it.each(['everything', 'type:', 'key:a b', 'capability:__proto__ ', 'type:*'])(
    'refuse the target %j',
    async (target) => {
      await expect(client.controls.set({ target, concurrencyMax: 1 })).rejects.toMatchObject({
        code: 'validation_failed',
      })
    },
  )

  it('count what an agent says that it used', async () => {
    await client.controls.setBudget({ target: 'key:acme', limit: { tokens: 100 } })
    const spend = { type: 'spend', fairnessKey: 'acme', cost: { tokens: 60, money: 1 } }
    const { taskId } = await submit(spend)
    await client.waitForTask(taskId, SOON)
    const [budget] = (await client.controls.budgets()).budgets
    expect(budget).toMatchObject({
      target: 'key:acme',
      used: { tokens: 25, money: 0.5 },
      reserved: { tokens: 0 },
      remaining: { tokens: 75 },
    })
    await client.waitForTask((await submit(spend)).taskId, SOON)
    const last = await submit(spend)
    expect((await client.getTask(last.taskId)).phase).toBe('queued')
    const toppedUp = await client.controls.topUpBudget('key:acme', { tokens: 50 })
    expect(toppedUp.limit).toEqual({ tokens: 150 })
    expect((await client.waitForTask(last.taskId, SOON)).status).toBe('completed')
    await client.controls.removeBudget('key:acme')
    await expect(client.controls.topUpBudget('key:acme', { tokens: 1 })).rejects.toMatchObject({
      code: 'budget_not_found',
    })
  })
})
