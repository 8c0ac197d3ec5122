import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import { openSseFeed, openWebSocketFeed, SwarmAgent, SwarmClient } from '#sdk/index.ts'
import { eventually } from '../../helpers/eventually.ts'
import { GATEWAY_ANSWERS, type GatewayAnswer, rawAnswer } from './gateway-answers.ts'
import { problem, reply, ScriptedHub } from './scripted-hub.ts'

/** What 421 says is repeated by `fetch` itself. */
const NOT_PROCESSED: ReadonlySet<number> = new Set([421, 429])
const EVENT = { type: 'event', event: { id: '1.1', type: 'amos.task.completed', sequence: 1 } }

/** A server behind a gateway that answers for it, once for each path, before it lets a request through. */
class Gateway {
  readonly asked = new Map<string, number>()
  readonly #http: Server
  readonly #sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => [...offered][0] ?? false,
  })

  constructor() {
    this.#http = createServer((request, response) => this.#answer(request, response))
    this.#http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket as Socket, head))
  }

  async listen(): Promise<void> {
    this.#http.listen(0, '127.0.0.1')
    await once(this.#http, 'listening')
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate()
    this.#http.close()
    this.#http.closeAllConnections()
    await once(this.#http, 'close')
  }

  /** The swarm's id is the number of the answer. */
  #gatewayAnswer({ url = '', method = '' }: IncomingMessage): GatewayAnswer | undefined {
    const path = `${method} ${url.split('?')[0] ?? ''}`
    const count = (this.asked.get(path) ?? 0) + 1
    this.asked.set(path, count)
    return count > 1 ? undefined : GATEWAY_ANSWERS[Number(/swarms\/s(\d+)/.exec(url)?.[1])]
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const bad = this.#gatewayAnswer(request)
    if (bad !== undefined) {
      response.writeHead(bad.status, { 'content-type': bad.type, 'retry-after': '120' })
      response.end(bad.body)
    } else if (request.headers.accept === 'text/event-stream') {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(`event: message\ndata: ${JSON.stringify(EVENT.event)}\n\n`)
    } else if (request.url?.includes('/tasks/gone')) {
      reply(response, 404, problem('task_not_found', 404))
    } else reply(response, 200, { taskId: 't1' })
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const bad = this.#gatewayAnswer(request)
    if (bad !== undefined) {
      socket.end(rawAnswer(bad))
      return
    }
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => webSocket.send(JSON.stringify(EVENT)))
  }
}

describe('a gateway that answers in the server’s place', () => {
  let gateway: Gateway
  const swarms = GATEWAY_ANSWERS.map((_, index) => `s${index}`)

  beforeEach(async () => {
    gateway = new Gateway()
    await gateway.listen()
  })
  afterEach(() => gateway.close())

  const clientOf = (swarmId: string) => new SwarmClient({ url: gateway.url, swarmId })

  it('does not end a call that may be repeated', async () => {
    const read = await Promise.all(swarms.map((swarmId) => clientOf(swarmId).getTask('t1')))
    const submitted = await Promise.all(swarms.map((swarmId) => clientOf(swarmId).submit({ type: 'work' })))
    expect([...read, ...submitted]).toEqual(
      Array.from({ length: 2 * swarms.length }, () => ({ taskId: 't1' })),
    )
  })

  it('does not hide what the server says', async () => {
    const outcomes = await Promise.all(
      swarms.map((swarmId) =>
        clientOf(swarmId)
          .getTask('gone')
          .catch((error: unknown) => error),
      ),
    )
    for (const outcome of outcomes) expect(outcome).toMatchObject({ code: 'task_not_found', status: 404 })
  })

  it('has a call repeated for its own time, and no longer', async () => {
    const client = new SwarmClient({ url: gateway.url, swarmId: 's0', retryForMs: 0 })
    const { status } = GATEWAY_ANSWERS[0] ?? { status: 0 }
    await expect(client.getTask('t1')).rejects.toMatchObject({ status, retryable: true })
    expect(await client.getTask('t1')).toEqual({ taskId: 't1' })
  })

  it('has a call that may not be repeated tried once, but where it was turned away at the door', async () => {
    const outcomes = await Promise.allSettled(swarms.map((swarmId) => clientOf(swarmId).retryTask('t1')))
    expect(outcomes.map(({ status }) => status)).toEqual(
      GATEWAY_ANSWERS.map(({ status }) => (NOT_PROCESSED.has(status) ? 'fulfilled' : 'rejected')),
    )
  })

  it.each([
    ['a WebSocket', openWebSocketFeed],
    ['server-sent events', openSseFeed],
  ])('does not end a subscription over %s', async (_, openFeed) => {
    const first = async (swarmId: string): Promise<unknown> => {
      const client = new SwarmClient({ url: gateway.url, swarmId, openFeed })
      for await (const item of client.events({ since: '0' })) return item
      return undefined
    }
    expect(await Promise.all(swarms.map(first))).toEqual(swarms.map(() => EVENT))
  })
})

describe('an agent behind a gateway', () => {
  let hub: ScriptedHub
  const agents: SwarmAgent[] = []

  beforeEach(async () => {
    hub = await ScriptedHub.listen()
  })
  afterEach(async () => {
    await Promise.all(agents.splice(0).map((agent) => agent.close()))
    await hub.close()
  })

  it('connects in the end, whatever was answered to it before', async () => {
    hub.answers.gatewayAnswers = GATEWAY_ANSWERS.map(rawAnswer)
    const starting = GATEWAY_ANSWERS.map(async (_, index) => {
      const agent = new SwarmAgent({ url: hub.url, agentId: `a${index}`, token: 'agt.token' })
      agents.push(agent)
      await agent.start()
    })
    await Promise.all(starting)
    expect(hub.channels).toHaveLength(GATEWAY_ANSWERS.length)
  })

  it('reconnects and reports what it did meanwhile', async () => {
    let finish: (value: string) => void = () => undefined
    const agent = new SwarmAgent({ url: hub.url, agentId: 'ada' })
    agents.push(agent.handle('*', () => new Promise((resolve) => (finish = resolve))))
    await agent.start()
    const channel = await hub.channel()
    channel.assign('t1')
    await channel.frame('task.accept')
    hub.answers.gatewayAnswers = GATEWAY_ANSWERS.slice(0, 3).map(rawAnswer)
    channel.socket.terminate()
    finish('done')
    expect(await (await hub.channel(1)).frame('task.complete')).toMatchObject({ result: 'done' })
  })

  it('registers past one that answers for the server', async () => {
    const bad = GATEWAY_ANSWERS.filter(({ status }) => status >= 500).slice(0, 3)
    const { register } = hub.answers
    hub.answers.register = (body, response) => {
      const answer = bad.shift()
      if (answer === undefined) register(body, response)
      else response.writeHead(answer.status, { 'content-type': answer.type }).end(answer.body)
    }
    const agent = new SwarmAgent({ url: hub.url, agentId: 'ada' })
    agents.push(agent)
    await agent.start()
    expect(bad).toEqual([])
  })

  it('does not wait for a page that has no end', async () => {
    hub.answers.gatewayAnswers = [
      `HTTP/1.1 503 Busy\r\ncontent-type: text/html\r\n\r\n${'x'.repeat(100_000)}`,
    ]
    const agent = new SwarmAgent({ url: hub.url, agentId: 'ada' })
    agents.push(agent)
    await agent.start()
    await eventually(() => hub.channels.length === 1)
    expect(hub.answers.gatewayAnswers).toEqual([])
  })
})
