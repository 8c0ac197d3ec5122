import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SwarmAgent, SwarmClient } from '#sdk/index.ts'
import { startTestNode, type TestNode } from '../helpers/test-node.ts'

describe('an agent that was removed, on an open server', () => {
  let node: TestNode
  let client: SwarmClient
  beforeEach(async () => {
    node = await startTestNode()
    client = new SwarmClient({ url: node.url })
  })
  afterEach(() => node.close())

  it('ends with the reason, stays away and gets no work', async () => {
    const agent = new SwarmAgent({ url: node.url, agentId: 'ada', capabilities: ['skill'] })
    agent.handle('*', async () => 'done')
    await agent.start()
    await client.deregisterAgent('ada')
    expect(await agent.ended).toMatchObject({ reason: 'removed' })
    await expect(client.getAgent('ada')).rejects.toMatchObject({ code: 'agent_not_found' })
    const { taskId } = await client.submit({ type: 'work', capabilities: ['skill'] })
    expect(await client.getTask(taskId)).toMatchObject({ phase: 'queued' })
    const again = new SwarmAgent({ url: node.url, agentId: 'ada', capabilities: ['skill'] })
    again.handle('*', async () => 'done')
    await again.start()
    expect(await client.waitForTask(taskId)).toMatchObject({ status: 'completed' })
    await again.drain({ deregister: true })
    expect(await again.ended).toMatchObject({ reason: 'closed' })
  })

  it('finishes what it holds first', async () => {
    const agent = new SwarmAgent({ url: node.url, agentId: 'ada' })
    let finish: () => void = () => undefined
    const begun = new Promise<void>((resolve) => {
      agent.handle('*', async () => {
        resolve()
        await new Promise<void>((done) => (finish = done))
        return 'done'
      })
    })
    await agent.start()
    const { taskId } = await client.submit({ type: 'work' })
    await begun
    await client.deregisterAgent('ada')
    finish()
    expect(await client.waitForTask(taskId)).toMatchObject({ status: 'completed', result: 'done' })
    expect(await agent.ended).toMatchObject({ reason: 'removed' })
  })
})
