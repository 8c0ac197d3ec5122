/** The smallest agent there is: it greets. Ctrl-C lets it finish what it holds. */
import { SwarmAgent } from 'amos-swarm'

const agent = new SwarmAgent({
  url: process.env['AMOS_URL'] ?? 'http://127.0.0.1:3000',
  agentId: 'greeter',
  capabilities: ['greet'],
  slots: 4,
})

agent.handle('greet', async ({ payload }, { progress }) => {
  const { name } = payload as { readonly name: string }
  progress(0.5, `looking for words for ${name}`)
  return { greeting: `Hello, ${name}!` }
})

await agent.start()
console.log(`${agent.agentId} is ready`)
process.once('SIGINT', () => void agent.drain())
process.once('SIGTERM', () => void agent.drain())
const { reason } = await agent.ended
console.log(`${agent.agentId} is ${reason}`)
