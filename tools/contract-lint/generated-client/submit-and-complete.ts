/**
 * What a stranger can write against a running server with nothing but openapi.json: `schema.ts` beside this file is
 * generated from it. Registers an agent, submits a task, claims and completes it, and reads the outcome.
 *
 * Usage: node submit-and-complete.js http://127.0.0.1:3000
 */
import { strict as assert } from 'node:assert'
import createClient from 'openapi-fetch'
import type { paths } from './schema.js'

const client = createClient<paths>({ baseUrl: process.argv[2] })
const swarmId = 'default'

const agent = await client.POST('/v1/swarms/{swarmId}/agents', {
  params: { path: { swarmId } },
  body: { name: 'Echo', capabilities: [{ name: 'echo' }], slots: 1 },
})
assert(agent.data, JSON.stringify(agent.error))
const { agentId, token } = agent.data
const asAgent = { Authorization: `Bearer ${token}` }

const task = await client.POST('/v1/swarms/{swarmId}/tasks', {
  params: { path: { swarmId } },
  body: { type: 'echo', capabilities: ['echo'], payload: { text: 'hello' } },
})
assert(task.data, JSON.stringify(task.error))
const { taskId } = task.data

const claim = await client.POST('/v1/swarms/{swarmId}/agents/{agentId}/claims', {
  params: { path: { swarmId, agentId } },
  headers: asAgent,
  body: { countMax: 1, waitMs: 5_000 },
})
assert(claim.data, JSON.stringify(claim.error))
const [assignment] = claim.data.assignments
assert.equal(assignment?.taskId, taskId)
assert.deepEqual(assignment.payload, { text: 'hello' })

const completion = await client.POST('/v1/swarms/{swarmId}/tasks/{taskId}/complete', {
  params: { path: { swarmId, taskId } },
  headers: asAgent,
  body: { agentId, fencingToken: assignment.fencingToken, result: assignment.payload },
})
assert(completion.data, JSON.stringify(completion.error))

const read = await client.GET('/v1/swarms/{swarmId}/tasks/{taskId}', {
  params: { path: { swarmId, taskId } },
})
assert.equal(read.data?.status, 'completed')
assert.deepEqual(read.data.result, { text: 'hello' })
console.log(`task ${taskId} was submitted and completed through a generated client`)
