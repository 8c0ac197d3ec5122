/** The program of docs/topologies.md: an agent that does every stage. */
import { SwarmAgent, SwarmClient } from 'amos-swarm'

const url = process.env['AMOS_URL'] ?? 'http://127.0.0.1:3000'

const agent = new SwarmAgent({ url, agentId: 'frank', capabilities: ['write', 'read'] })
for (const type of ['outline', 'draft', 'proofread'])
  agent.handle(type, ({ payload }) => ({ text: `${(payload as { text: string }).text} > ${type}` }))
await agent.start()

const client = new SwarmClient({ url })
const { tasks } = await client.submitPipeline({
  payload: { text: 'idea' },
  stages: [
    { type: 'outline', capabilities: ['write'] },
    { type: 'draft', capabilities: ['write'] },
    { type: 'proofread', capabilities: ['read'] },
  ],
})
const stages = await Promise.all(tasks.map(({ taskId }) => client.waitForTask(taskId)))
console.log(stages.at(-1)?.result) // { text: 'idea > outline > draft > proofread' }

await agent.close()
