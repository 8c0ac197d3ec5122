/** The program of docs/strategies.md: an agent that bids for the work it is good at. */
import { SwarmAgent, SwarmClient } from 'amos-swarm'

const url = process.env['AMOS_URL'] ?? 'http://127.0.0.1:3000'

const agent = new SwarmAgent({
  url,
  capabilities: ['draw'],
  onBid: ({ taskType }) => (taskType === 'poster' ? { price: 3, promiseMs: 8_000 } : null),
})
agent.handle('poster', async () => 'drawn')
await agent.start()

const client = new SwarmClient({ url })
await client.updateSwarm({ strategy: { kind: 'auction', bids: 'live' } })
const { taskId } = await client.submit({ type: 'poster', capabilities: ['draw'] })
const { result } = await client.waitForTask(taskId)
console.log(result) // drawn
await client.updateSwarm({ strategy: { kind: 'least_loaded' } })
await agent.close()
