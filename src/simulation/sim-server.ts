import type { AgentDelivery } from '#domain/communication/agent-delivery.ts'
import type { AgentSessions } from '#domain/communication/ports/agent-sessions.ts'
import type { HeldTask } from '#domain/model/assignment.ts'
import { isSwarmError, type SwarmError } from '#domain/model/errors.ts'
import { type AgentId, type NodeId, type Scope, type SessionId, sessionId } from '#domain/model/ids.ts'
import { invoke } from '#domain/orchestration/swarm-calls.ts'
import type { SwarmMethod, SwarmService } from '#domain/orchestration/swarm-service.ts'
import type { SimProcess } from './sim-process.ts'
import { SimSocket, type SocketEnd } from './sim-socket.ts'
import type { World } from './world.ts'

/** What an agent says over its socket. `attach` comes first. */
export type AgentFrame =
  | {
      readonly requestId: number
      readonly method: 'agents.attach'
      readonly agentId: AgentId
      readonly held: readonly HeldTask[]
    }
  | {
      readonly requestId: number
      readonly method: Exclude<SwarmMethod, 'agents.attach'>
      readonly argument: object
    }

export type ServerFrame =
  | { readonly type: 'answer'; readonly requestId: number; readonly value: unknown }
  | { readonly type: 'error'; readonly requestId: number; readonly error: SwarmError }
  | AgentDelivery

interface Connection {
  readonly socket: SimSocket
  agentId: AgentId | undefined
  sessionId: SessionId | undefined
}

/** The part of a node that the agents' sockets end in: what the real server does, without the wire. */
export class SimServer implements AgentSessions {
  readonly #world: World
  readonly #process: SimProcess
  readonly #nodeId: NodeId
  readonly #connections = new Map<SessionId, Connection>()
  #sessionsMade = 0
  #service: SwarmService | undefined

  constructor(nodeId: NodeId, process: SimProcess, world: World) {
    this.#nodeId = nodeId
    this.#process = process
    this.#world = world
  }

  /** From now on requests can be answered. */
  open(service: SwarmService): void {
    this.#service = service
  }

  get sockets(): readonly SimSocket[] {
    return [...this.#connections.values()].map(({ socket }) => socket)
  }

  connect(agentEnd: SocketEnd): SimSocket {
    const end: SocketEnd = {
      process: this.#process,
      onMessage: (message) => this.#onFrame(connection, message as AgentFrame),
      onClosed: () => this.#detach(connection, 'agent'),
    }
    const connection: Connection = {
      socket: new SimSocket(this.#world, { agent: agentEnd, server: end }),
      agentId: undefined,
      sessionId: undefined,
    }
    return connection.socket
  }

  deliver(session: SessionId, delivery: AgentDelivery): boolean {
    const connection = this.#connections.get(session)
    if (connection === undefined || !connection.socket.isOpen('server')) return false
    connection.socket.send('agent', delivery)
    if (delivery.type === 'superseded' || delivery.type === 'reattach') this.#close(connection)
    return true
  }

  async probe(session: SessionId, withinMs: number): Promise<boolean> {
    const socket = this.#connections.get(session)?.socket
    return socket !== undefined && socket.isOpen('server') && this.#process.bring(socket.probe(withinMs))
  }

  /** As the real server: the connection showed a credential that is void now. */
  registrationChanged(_scope: Scope, agentId?: AgentId): void {
    if (agentId === undefined) return
    for (const connection of this.#connections.values())
      if (connection.agentId === agentId) this.#close(connection)
  }

  /** The node stops in good order: all channels are closed from this side. */
  closeAll(): void {
    for (const connection of this.#connections.values()) this.#close(connection)
  }

  /** What one HTTP request or frame asks for. @throws SwarmError */
  call(method: SwarmMethod, argument: object): Promise<unknown> {
    if (this.#service === undefined) return Promise.reject(new Error('the node is not ready'))
    return invoke(this.#service, method, argument as never)
  }

  #onFrame(connection: Connection, frame: AgentFrame): void {
    if (frame.method === 'agents.attach') {
      void this.#attach(connection, frame)
      return
    }
    const { sessionId } = connection
    const { requestId, method, argument } = frame
    if (sessionId !== undefined)
      this.#answer(connection, requestId, this.call(method, { ...argument, sessionId }))
  }

  async #attach(
    connection: Connection,
    { requestId, agentId, held }: Extract<AgentFrame, { method: 'agents.attach' }>,
  ): Promise<void> {
    // A frame that came twice.
    if (connection.sessionId !== undefined) return
    this.#sessionsMade += 1
    const session = sessionId(`${this.#nodeId}-${this.#sessionsMade}`)
    connection.sessionId = session
    connection.agentId = agentId
    this.#connections.set(session, connection)
    const reply = this.call('agents.attach', { agentId, nodeId: this.#nodeId, sessionId: session, held })
    this.#answer(connection, requestId, reply)
    await reply.catch(() => this.#close(connection))
  }

  #answer(connection: Connection, requestId: number, reply: Promise<unknown>): void {
    const send = (frame: ServerFrame): void => connection.socket.send('agent', frame)
    reply.then(
      (value) => send({ type: 'answer', requestId, value }),
      (error: unknown) => {
        if (isSwarmError(error)) send({ type: 'error', requestId, error })
        else this.#world.auditor.report(error)
        if (isSwarmError(error, 'session_unknown')) this.#close(connection)
      },
    )
  }

  #close(connection: Connection): void {
    connection.socket.close('server')
    this.#detach(connection, 'server')
  }

  #detach({ agentId, sessionId }: Connection, closedBy: 'agent' | 'server'): void {
    if (agentId === undefined || sessionId === undefined || !this.#connections.delete(sessionId)) return
    // Where this fails the agent's silence will tell.
    this.call('agents.detach', { agentId, sessionId, closedBy }).catch(() => undefined)
  }
}
