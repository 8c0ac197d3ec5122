/** The program of docs/memory.md: an agent that remembers, shares and looks up what a task names. */
import { SwarmAgent, SwarmClient } from 'amos-swarm'

const url = process.env['AMOS_URL'] ?? 'http://127.0.0.1:3000'

const agent = new SwarmAgent({ url, agentId: 'librarian', capabilities: ['summarise'] })
agent.handle('summarise', async (task) => {
  const records = await agent.memory.getRefs(task.memoryRefs)
  return records.map(({ value }) => value)
})
await agent.start()

await agent.memory.put('findings', 'heron-1', { text: 'The heron nests in the oak.' }, { tags: ['birds'] })
const { hits } = await agent.memory.search({ text: 'herons oak', tags: ['birds'] })
console.log(hits[0]?.snippet.text) // The heron nests in the oak.

const shared = agent.memory.replica('shared')
shared.increment('pages-read', 3)
shared.add('open-questions', 'who feeds the heron?')
await shared.sync() // sends what was changed here, reads what was changed elsewhere
console.log(shared.get('pages-read')) // 3

const client = new SwarmClient({ url })
const { taskId } = await client.submit({
  type: 'summarise',
  capabilities: ['summarise'],
  memoryRefs: [{ namespace: 'findings', key: 'heron-1' }],
})
const { result } = await client.waitForTask(taskId)
console.log(result) // [ { text: 'The heron nests in the oak.' } ]

await agent.close()
