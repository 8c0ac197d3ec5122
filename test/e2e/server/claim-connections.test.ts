import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AGENT_OPERATIONS } from '#contract/operations/agent-operations.ts'
import { TASK_OPERATIONS } from '#contract/operations/task-operations.ts'
import { ContractClient } from '../../helpers/contract-client.ts'
import { eventually } from '../../helpers/eventually.ts'
import { startTestNode, type TestNode } from '../../helpers/test-node.ts'

const { submitTask, submitTaskBatch, getTask } = TASK_OPERATIONS
const { registerAgent, getAgent, claimTasks } = AGENT_OPERATIONS

describe('a claim over a connection that closes', () => {
  let node: TestNode
  let client: ContractClient

  beforeAll(async () => {
    node = await startTestNode()
    client = new ContractClient(node.url)
  })
  afterAll(() => node.close())

  async function agentWithSlots(slots: number) {
    const name = `skill-${crypto.randomUUID()}`
    const agent = await client.call(registerAgent, { body: { capabilities: [{ name }], slots } })
    return { name, agentId: agent.body.agentId, capabilities: [name] }
  }

  /** A claim of which the test holds the connection. */
  async function rawClaim(agentId: string, body: object): Promise<Socket> {
    const { hostname, port } = new URL(node.url)
    const socket = connect(Number(port), hostname)
    socket.on('error', () => undefined)
    const text = JSON.stringify(body)
    socket.write(
      `POST /v1/swarms/default/agents/${agentId}/claims HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncontent-type: application/json\r\n` +
        `content-length: ${text.length}\r\n\r\n${text}`,
    )
    await eventually(
      async () => (await client.call(getAgent, { params: { agentId } })).body['status'] === 'online',
    )
    return socket
  }

  const stateOf = async (taskId: string) => (await client.call(getTask, { params: { taskId } })).body

  it('takes nothing once its connection is gone', async () => {
    const { agentId, capabilities } = await agentWithSlots(1)
    const socket = await rawClaim(agentId, { waitMs: 30_000 })
    socket.destroy()
    const task = { type: 'test', capabilities, maxAttempts: 1 }
    const { taskId } = (await client.call(submitTask, { body: task })).body
    // Where the submit was faster than the end of the connection, the task comes back.
    await eventually(async () => (await stateOf(taskId))['phase'] === 'queued')
    const again = await client.call(claimTasks, { params: { agentId }, body: { waitMs: 5_000 } })
    expect(again.body.assignments).toMatchObject([{ taskId, attempt: 1 }])
  })

  it('gives back what could not be written, without charge', async () => {
    const { agentId, capabilities } = await agentWithSlots(100)
    const task = { type: 'test', capabilities, maxAttempts: 1, payload: 'x'.repeat(130_000) }
    const taskIds: string[] = []
    for (let batch = 0; batch < 20; batch += 1) {
      const { body } = await client.call(submitTaskBatch, { body: { tasks: [task, task, task, task, task] } })
      taskIds.push(...body.tasks.map(({ taskId }) => taskId))
    }
    const socket = await rawClaim(agentId, { countMax: 100 })
    // More than the buffers of a connection hold, so that the answer cannot be written while nobody reads it.
    await eventually(async () => (await stateOf(taskIds[0]!))['phase'] === 'running')
    socket.destroy()
    for (const taskId of taskIds) {
      await eventually(async () => (await stateOf(taskId))['phase'] === 'queued')
      expect(await stateOf(taskId)).toMatchObject({ attempts: [{ outcome: 'undelivered' }] })
    }
  })
})
