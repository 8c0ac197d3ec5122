/**
 * The smallest honest server: a Fastify route that writes two records and two events in one durable step, and then
 * sends one `ws` frame. It speaks as much of our wire as the clients of the bench need, and checks nothing.
 *
 * Arguments: `lmdb`, the path of a database file and `committed` or `synced`; or `redis` and a port.
 */

import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import fastify from 'fastify'
import { type WebSocket, WebSocketServer } from 'ws'
import { answerCalls } from '../harness/calls.ts'
import { ownCpuMicros } from '../harness/cpu.ts'
import type { NodeHubCalls } from '../peers/node-hub.ts'
import { openFloorLmdb, openFloorRedis } from './floor-store.ts'

interface NewTask {
  readonly payload: unknown
}

const [kind, place = '', durability] = process.argv.slice(2)
const store =
  kind === 'redis' ? await openFloorRedis(Number(place)) : openFloorLmdb(place, durability === 'synced')
const agents: WebSocket[] = []
let taskCount = 0

const app = fastify({ logger: false, bodyLimit: 8 * 1_024 * 1_024 })
app.post('/v1/swarms/default/agents', async (_request, reply) => reply.code(201).send({}))
app.post<{ Body: NewTask }>('/v1/swarms/default/tasks', async ({ body }, reply) => {
  const taskId = await take(body)
  return reply.code(201).send({ taskId })
})
app.post<{ Body: { tasks: readonly NewTask[] } }>(
  '/v1/swarms/default/tasks/batch',
  async ({ body }, reply) => {
    const taskIds = await Promise.all(body.tasks.map(take))
    return reply.code(201).send({ taskIds })
  },
)

async function take({ payload }: NewTask): Promise<string> {
  taskCount += 1
  const taskId = `task-${taskCount.toString().padStart(12, '0')}`
  const agent = agents[taskCount % agents.length]
  const task = JSON.stringify({ taskId, status: 'submitted', createdAt: Date.now(), agent: taskCount })
  const text = JSON.stringify(payload)
  await store.write(
    [
      [taskId, task],
      [`${taskId}/payload`, text],
    ],
    [`{"type":"task.submitted","subject":"${taskId}"}`, `{"type":"task.assigned","subject":"${taskId}"}`],
  )
  agent?.send(`{"type":"task.assigned","taskId":"${taskId}","fencingToken":1,"payload":${text}}`)
  return taskId
}

const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false })
app.server.on('upgrade', (request: IncomingMessage, socket, head) => {
  sockets.handleUpgrade(request, socket, head, serve)
})

function serve(agent: WebSocket): void {
  agent.on('message', (data) => {
    const frame = JSON.parse((data as Buffer).toString()) as {
      type: string
      taskId: string
      requestId: number
    }
    if (frame.type === 'hello') {
      agents.push(agent)
      agent.send('{"type":"welcome"}')
    } else if (frame.type === 'task.complete') {
      void complete(agent, frame.taskId, frame.requestId)
    }
  })
}

async function complete(agent: WebSocket, taskId: string, requestId: number): Promise<void> {
  const record = JSON.stringify({ taskId, status: 'completed', finishedAt: Date.now() })
  await store.write([[taskId, record]], [`{"type":"task.completed","subject":"${taskId}"}`])
  agent.send(`{"type":"ack","requestId":${requestId}}`)
}

await app.listen({ host: '127.0.0.1', port: 0 })
answerCalls<NodeHubCalls>({
  url: () => `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`,
  cpuMicros: ownCpuMicros,
})
