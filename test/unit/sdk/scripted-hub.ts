import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import type { AgentFrame, AgentFrameOf, AgentFrameType, ChannelFrame, ProblemCode } from '#contract/index.ts'
import { eventually } from '../../helpers/eventually.ts'

/** One connection of an agent, as the hub sees it. */
export class HubChannel {
  readonly socket: WebSocket
  readonly frames: AgentFrame[] = []

  constructor(socket: WebSocket) {
    this.socket = socket
  }

  send(frame: ChannelFrame): void {
    this.socket.send(JSON.stringify(frame))
  }

  /** The first frame of this type, already here or still to come, from the `from`-th frame on. */
  frame<T extends AgentFrameType>(type: T, from = 0): Promise<AgentFrameOf<T>> {
    const what = () => `a ${type} frame; came: ${JSON.stringify(this.frames)}`
    return eventually(() => this.frames.slice(from).find((frame) => frame.type === type) as AgentFrameOf<T>, {
      what,
    })
  }

  assign(
    taskId: string,
    changes: { type?: string; payload?: unknown; fencingToken?: number; timeoutMs?: number } = {},
  ) {
    const { type = 'work', payload = null, fencingToken = 1, timeoutMs = 60_000 } = changes
    this.send({
      type: 'task.assigned',
      taskId,
      fencingToken,
      attempt: 1,
      leaseMs: 10_000,
      expiresAt: '2026-01-01T12:00:00.000Z',
      payload,
      task: {
        type,
        capabilities: [],
        priority: 3,
        timeoutMs,
        maxAttempts: 3,
        dependsOn: [],
        resources: {},
        metadata: {},
      },
    })
  }

  ack(frame: AgentFrame): void {
    if (frame.requestId !== undefined) this.send({ type: 'ack', requestId: frame.requestId })
  }

  refuse(frame: AgentFrame, code: ProblemCode, status: number, isRetryable = false): void {
    const { type: _, instance: __, ...fields } = problem(code, status, { retryable: isRetryable })
    this.send({ type: 'error', ...fields, code, requestId: frame.requestId ?? 0 })
  }
}

export interface HubAnswers {
  /** Tasks a `welcome` declares lost, of those that `hello` names. */
  lost: string[]
  leaseMs: number
  heartbeatMs: number
  /** What is acknowledged without the test's doing. */
  acknowledges: Set<AgentFrameType>
  /** Answers a registration. */
  register: (body: Record<string, unknown>, response: ServerResponse) => void
  /** The code a channel is closed with instead of a welcome. */
  closeOnHello: number | undefined
  /** A status an upgrade is refused with. */
  refuseUpgrade: number | undefined
  /** Whole HTTP answers to the next upgrades, one each, as of a gateway in front of the hub. */
  gatewayAnswers: string[]
}

/**
 * The other end of an agent's wire, as a test wants it to behave: it can lose answers, stay silent and say what a real
 * server says only after minutes of faults.
 */
export class ScriptedHub {
  readonly channels: HubChannel[] = []
  readonly registrations: Record<string, unknown>[] = []
  readonly answers: HubAnswers = {
    lost: [],
    leaseMs: 10_000,
    heartbeatMs: 3_333,
    acknowledges: new Set([
      'heartbeat',
      'task.accept',
      'task.progress',
      'task.complete',
      'task.fail',
      'task.release',
    ]),
    register: (body, response) =>
      reply(response, 201, { ...body, agentId: body['agentId'] ?? 'chosen', token: 'agt.token' }),
    closeOnHello: undefined,
    refuseUpgrade: undefined,
    gatewayAnswers: [],
  }
  readonly #http = createServer((request, response) => void this.#answer(request, response))
  readonly #sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => [...offered][0] ?? false,
  })

  static async listen(): Promise<ScriptedHub> {
    const hub = new ScriptedHub()
    hub.#http.on('upgrade', (request, socket, head) => hub.#upgrade(request, socket as Socket, head))
    hub.#http.listen(0, '127.0.0.1')
    await once(hub.#http, 'listening')
    return hub
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`
  }

  /** The `index`-th connection, already here or still to come. */
  channel(index = 0): Promise<HubChannel> {
    return eventually(() => this.channels[index], { what: `connection ${index}` })
  }

  async close(): Promise<void> {
    for (const { socket } of this.channels) socket.terminate()
    this.#http.close()
    this.#http.closeAllConnections()
    await once(this.#http, 'close')
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = ''
    for await (const chunk of request) text += String(chunk)
    const body = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>
    if (request.method !== 'POST') return reply(response, 200, { swarmId: 'default', tenantId: 'acme' })
    this.registrations.push(body)
    this.answers.register(body, response)
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const byGateway = this.answers.gatewayAnswers.shift()
    if (byGateway !== undefined) {
      socket.end(byGateway)
      return
    }
    const status = this.answers.refuseUpgrade
    if (status !== undefined) {
      socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`)
      return
    }
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const channel = new HubChannel(webSocket)
      this.channels.push(channel)
      webSocket.on('message', (data) =>
        this.#receive(channel, JSON.parse((data as Buffer).toString()) as AgentFrame),
      )
    })
  }

  #receive(channel: HubChannel, frame: AgentFrame): void {
    channel.frames.push(frame)
    const { lost, leaseMs, heartbeatMs, acknowledges } = this.answers
    if (frame.type === 'hello' && this.answers.closeOnHello !== undefined) {
      channel.socket.close(this.answers.closeOnHello)
    } else if (frame.type === 'hello') {
      const { requestId = 0, held = [] } = frame
      const kept = held.map(({ taskId }) => taskId).filter((taskId) => !lost.includes(taskId))
      channel.send({
        type: 'welcome',
        requestId,
        agentId: 'ada',
        swarmId: 'default',
        epoch: this.channels.length,
        leaseMs,
        heartbeatMs,
        kept,
        lost: held.map(({ taskId }) => taskId).filter((taskId) => lost.includes(taskId)),
      })
    } else if (acknowledges.has(frame.type) && frame.requestId !== undefined) {
      const heartbeat = { kept: [], lost: [...lost], leaseMs, transport: 'channel' as const }
      channel.send({
        type: 'ack',
        requestId: frame.requestId,
        ...(frame.type === 'heartbeat' ? { result: heartbeat } : {}),
      })
    }
  }
}

export function reply(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}

export function problem(code: string, status: number, changes: Record<string, unknown> = {}) {
  return {
    type: `urn:amos:problem:${code}`,
    title: code,
    status,
    detail: `because of ${code}`,
    instance: '/',
    code,
    retryable: false,
    ...changes,
  }
}
