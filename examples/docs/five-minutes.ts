import { SwarmAgent, SwarmClient } from 'amos-swarm'

const url = process.env['AMOS_URL'] ?? 'http://127.0.0.1:3000'

const agent = new SwarmAgent({ url, agentId: 'bob', capabilities: ['sum'], slots: 2 })
agent.handle('sum', async ({ payload }, { progress }) => {
  const { numbers } = payload as { numbers: number[] }
  progress(0.5, 'half of the numbers')
  return { sum: numbers.reduce((a, b) => a + b, 0) }
})
await agent.start()

const client = new SwarmClient({ url })
const { taskId } = await client.submit({
  type: 'sum',
  capabilities: ['sum'],
  payload: { numbers: [1, 2, 3] },
})
console.log((await client.waitForTask(taskId)).result) // { sum: 6 }
await agent.close()
