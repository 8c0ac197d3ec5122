import { once } from 'node:events'
import { Agent, type IncomingMessage, type RequestOptions, request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AGENT_OPERATIONS } from '#contract/operations/agent-operations.ts'
import { ContractClient } from '../../helpers/contract-client.ts'
import { eventually } from '../../helpers/eventually.ts'
import { FrameClient } from '../../helpers/frame-client.ts'
import { startTestNode, type TestNode } from '../../helpers/test-node.ts'

const { registerAgent, claimTasks } = AGENT_OPERATIONS
const STOPS = 10
const CLIENTS = 8
const TASK = JSON.stringify({ type: 'x' })
const NOTICE = { AMOS_DRAIN_NOTICE_MS: '300' }

const stop = async (node: TestNode): Promise<void> => {
  await node.drain()
  await node.close()
}

interface Answer {
  readonly status: number | undefined
  readonly connection: string | undefined
  readonly body: string
}

/** One request on a connection of the agent's. */
async function ask(url: string, options: RequestOptions = {}, body?: string): Promise<Answer> {
  const asked = request(url, options)
  asked.end(body)
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  const { connection } = response.headers
  return { status: response.statusCode, connection, body: Buffer.concat(chunks).toString() }
}

const submit = (node: TestNode, agent: Agent): Promise<Answer> =>
  ask(
    `${node.url}/v1/swarms/default/tasks`,
    { method: 'POST', agent, headers: { 'content-type': 'application/json', 'content-length': TASK.length } },
    TASK,
  )

describe('a server that is stopped', () => {
  let agent: Agent
  beforeEach(() => {
    agent = new Agent({ keepAlive: true, maxSockets: CLIENTS })
  })
  afterEach(() => agent.destroy())

  it(`resets no connection in ${STOPS} stops under load`, async () => {
    const failures: string[] = []
    const statuses = new Set<number | undefined>()
    for (let count = 0; count < STOPS; count += 1) {
      const node = await startTestNode(NOTICE)
      let isRefused = false
      const client = async (): Promise<void> => {
        while (!isRefused) {
          try {
            statuses.add((await submit(node, agent)).status)
          } catch (error) {
            const { code = String(error) } = error as NodeJS.ErrnoException
            if (code !== 'ECONNREFUSED') failures.push(code)
            isRefused = true
          }
        }
      }
      const clients = Promise.all(Array.from({ length: CLIENTS }, client))
      await delay(100)
      await stop(node)
      await clients
    }
    expect(failures).toEqual([])
    expect(statuses).toEqual(new Set([201, 503]))
  })

  it('says that it is not ready before it refuses anything, and asks for new connections', async () => {
    const node = await startTestNode(NOTICE)
    expect((await submit(node, agent)).connection).toBe('keep-alive')
    const drained = node.drain()
    await eventually(async () => (await ask(`${node.url}/health/ready`)).status === 503, { everyMs: 5 })
    expect(await submit(node, agent)).toMatchObject({ status: 201, connection: 'close' })
    await drained
    expect(await submit(node, agent)).toMatchObject({ status: 503, connection: 'close' })
    await node.close()
  })

  it('closes idle connections last: one that is used again while it stops gets its answer', async () => {
    const node = await startTestNode(NOTICE)
    await submit(node, agent)
    await node.drain()
    const closed = node.close()
    await expect(eventuallyRefused(node)).resolves.toBe('ECONNREFUSED')
    expect(Object.values(agent.freeSockets)).toHaveLength(1)
    expect(await ask(`${node.url}/health/live`, { agent })).toMatchObject({
      status: 200,
      connection: 'close',
    })
    await closed
  })

  it('takes an upload to its end', async () => {
    const node = await startTestNode(NOTICE)
    const upload = request(`${node.url}/v1/swarms/default/tasks`, {
      method: 'POST',
      agent,
      headers: { 'content-type': 'application/json', 'content-length': TASK.length },
    })
    upload.write(TASK.slice(0, 5))
    await delay(50)
    const stopped = stop(node)
    await delay(500)
    upload.end(TASK.slice(5))
    const [response] = (await once(upload, 'response')) as [IncomingMessage]
    response.resume()
    expect(response.statusCode).toBe(503)
    await once(response, 'end')
    await stopped
  })

  it('answers long polls, ends event streams whole, and closes WebSockets with a code', async () => {
    const node = await startTestNode(NOTICE)
    const client = new ContractClient(node.url)
    await client.call(registerAgent, { body: { agentId: 'waits', capabilities: [{ name: 'b' }] } })
    const waiting = client.call(claimTasks, { params: { agentId: 'waits' }, body: { waitMs: 30_000 } })
    const events = ask(`${node.url}/v1/swarms/default/events`, {
      agent,
      headers: { accept: 'text/event-stream', 'last-event-id': '0' },
    })
    const stream = await FrameClient.open(node.url, '/v1/swarms/default/stream')
    stream.send({ type: 'subscribe', since: '0' })
    await stream.next('event')
    await stop(node)
    expect((await waiting).body).toEqual({ assignments: [] })
    expect((await events).body).toContain('amos.swarm.created')
    expect(await stream.closed).toBe(1012)
  })
})

/** The code with which connections fail once the server listens no more. */
function eventuallyRefused({ url }: TestNode): Promise<string> {
  return eventually(async () => {
    try {
      await ask(`${url}/health/live`)
      return undefined
    } catch (error) {
      return (error as NodeJS.ErrnoException).code
    }
  })
}
