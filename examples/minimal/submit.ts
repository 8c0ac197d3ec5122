/** Submits three tasks, the last of which waits for the first two, and prints what came of them. */
import { SwarmClient } from 'amos-swarm'

const client = new SwarmClient({ url: process.env['AMOS_URL'] ?? 'http://127.0.0.1:3000' })

const { tasks } = await client.submitBatch([
  { type: 'greet', capabilities: ['greet'], payload: { name: 'Ada' } },
  { type: 'greet', capabilities: ['greet'], payload: { name: 'Grace' }, priority: 1 },
])
const last = await client.submit({
  type: 'greet',
  capabilities: ['greet'],
  payload: { name: 'everybody' },
  dependsOn: tasks.map(({ taskId }) => taskId),
})

for (const { taskId } of [...tasks, last]) {
  const { status, result } = await client.waitForTask(taskId, { timeoutMs: 60_000 })
  console.log(status, JSON.stringify(result))
}
