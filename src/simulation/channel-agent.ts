import type { AttachReply, HeartbeatReply } from '#domain/agents/agent-service.ts'
import type { AgentDelivery } from '#domain/communication/agent-delivery.ts'
import { isSwarmError } from '#domain/model/errors.ts'
import type { SwarmMethod } from '#domain/orchestration/swarm-service.ts'
import type { AgentIdentity, AgentLife, AgentLifeModules } from './agent-life.ts'
import { AgentWork } from './agent-work.ts'
import { httpCall, unanswered } from './http-call.ts'
import { LEASE_MS } from './sim-node.ts'
import type { ServerFrame } from './sim-server.ts'
import type { SimSocket } from './sim-socket.ts'

const REQUEST_TIMEOUT_MS = 2_500
const RECONNECT_MAX_MS = 400
const HEARTBEAT_MS = LEASE_MS / 4

interface Pending {
  resolve(value: unknown): void
  reject(error: unknown): void
}

/** An agent on a channel: registers, attaches with what it holds, heartbeats, works, and connects again when it has to. */
export class ChannelAgent implements AgentLife {
  readonly #identity: AgentIdentity
  readonly #modules: AgentLifeModules
  readonly #work: AgentWork
  readonly #pending = new Map<number, Pending>()
  #socket: SimSocket | undefined
  #isAttached = false
  #requests = 0

  constructor(identity: AgentIdentity, modules: AgentLifeModules) {
    this.#identity = identity
    this.#modules = modules
    const report = (method: SwarmMethod, argument: object): Promise<unknown> =>
      this.#request(method, argument)
    this.#work = new AgentWork({ ...identity, accepts: true }, { ...modules, report })
  }

  get isBusy(): boolean {
    return this.#work.count > 0
  }

  start(): void {
    void this.#connect()
    this.#heartbeatLater()
  }

  crash(): void {
    const { process, world } = this.#modules
    const { agentId } = this.#identity
    world.trace.note(agentId, 'crashes')
    for (const { taskId, fencingToken } of this.#work.held)
      world.auditor.leases.dropped(agentId, taskId, fencingToken)
    if (this.#isAttached) world.auditor.leases.closed(agentId)
    process.kill()
    this.#socket?.close('agent')
  }

  cutSocket(): void {
    this.#socket?.cut()
  }

  async #connect(): Promise<void> {
    const { world, process, random, pickNode } = this.#modules
    const { agentId, spec } = this.#identity
    const node = pickNode()
    if (node === undefined) {
      this.#connectLater()
      return
    }
    try {
      await httpCall(world, process, node, 'agents.register', { agentId, spec, isNew: false })
      const socket = node.server.connect({
        process,
        onMessage: (message) => this.#onFrame(socket, message as ServerFrame),
        onClosed: () => this.#lost(socket),
      })
      this.#socket = socket
      const { held } = this.#work
      world.trace.note(agentId, `attaches at ${node.id} with ${held.map(({ taskId }) => taskId).join(', ')}`)
      world.auditor.leases.spoke(
        agentId,
        held.map(({ taskId }) => taskId),
      )
      world.auditor.leases.attaching(agentId)
      const sentAt = world.clock.now
      const reply = (await this.#send(socket, { method: 'agents.attach', agentId, held })) as AttachReply
      this.#isAttached = true
      world.auditor.leases.attached(agentId)
      world.auditor.leases.renewed(
        agentId,
        held.filter(({ taskId }) => reply.kept.includes(taskId)),
        sentAt,
      )
      for (const { taskId, fencingToken } of held)
        if (reply.lost.includes(taskId)) this.#work.drop(taskId, fencingToken)
    } catch (error) {
      if (!isSwarmError(error)) throw error
      world.trace.note(agentId, `could not attach: ${error.code}`)
      if (random.next() < 0.5 && this.#socket !== undefined) this.#hangUp(this.#socket)
      else this.#connectLater()
    }
  }

  #connectLater(): void {
    const { process, random } = this.#modules
    if (this.#socket !== undefined) this.#socket.close('agent')
    this.#socket = undefined
    process.clock.setTimer(50 + random.integer(RECONNECT_MAX_MS), () => void this.#connect())
  }

  #hangUp(socket: SimSocket): void {
    if (socket !== this.#socket) return
    if (this.#isAttached) this.#modules.world.auditor.leases.closed(this.#identity.agentId)
    socket.close('agent')
    this.#lost(socket)
  }

  #lost(socket: SimSocket): void {
    if (socket !== this.#socket) return
    this.#isAttached = false
    for (const { reject } of this.#pending.values()) reject(unanswered())
    this.#pending.clear()
    this.#connectLater()
  }

  #onFrame(socket: SimSocket, frame: ServerFrame): void {
    if (socket !== this.#socket) return
    if (frame.type === 'answer') this.#pending.get(frame.requestId)?.resolve(frame.value)
    else if (frame.type === 'error') this.#onError(socket, frame)
    else this.#onDelivery(frame)
  }

  #onError(socket: SimSocket, { requestId, error }: Extract<ServerFrame, { type: 'error' }>): void {
    this.#pending.get(requestId)?.reject(error)
    // Another connection of ours won, or we are not known any more: begin anew. Where the swarm only does not know the
    // connection, the server closes it.
    if (isSwarmError(error, 'session_superseded', 'agent_not_found')) this.#hangUp(socket)
  }

  #onDelivery(delivery: AgentDelivery): void {
    if (delivery.type === 'assigned') this.#work.take(delivery.assignment)
    else if (delivery.type === 'revoked' || delivery.type === 'canceled')
      this.#work.drop(delivery.held.taskId, delivery.held.fencingToken)
  }

  #heartbeatLater(): void {
    this.#modules.process.clock.setTimer(HEARTBEAT_MS, () => {
      this.#heartbeatLater()
      if (this.#isAttached) void this.#heartbeat()
    })
  }

  async #heartbeat(): Promise<void> {
    const { world } = this.#modules
    const { agentId } = this.#identity
    const { held } = this.#work
    const socket = this.#socket
    const sentAt = world.clock.now
    world.auditor.leases.spoke(
      agentId,
      held.map(({ taskId }) => taskId),
    )
    try {
      const { kept, lost } = (await this.#request('agents.heartbeat', { agentId, held })) as HeartbeatReply
      world.auditor.leases.renewed(
        agentId,
        held.filter(({ taskId }) => kept.includes(taskId)),
        sentAt,
      )
      for (const { taskId, fencingToken } of held)
        if (lost.includes(taskId)) this.#work.drop(taskId, fencingToken)
    } catch (error) {
      // Nobody answers on this connection: another node may.
      if (isSwarmError(error, 'coordinator_unavailable') && socket !== undefined) this.#hangUp(socket)
    }
  }

  #request(method: SwarmMethod, argument: object): Promise<unknown> {
    if (this.#socket === undefined || !this.#isAttached) return Promise.reject(unanswered())
    return this.#send(this.#socket, { method, argument })
  }

  #send(socket: SimSocket, frame: object): Promise<unknown> {
    this.#requests += 1
    const requestId = this.#requests
    return new Promise((resolve, reject) => {
      const cancel = this.#modules.process.clock.setTimer(REQUEST_TIMEOUT_MS, () =>
        this.#pending.get(requestId)?.reject(unanswered()),
      )
      const end = (): void => {
        cancel()
        this.#pending.delete(requestId)
      }
      this.#pending.set(requestId, {
        resolve: (value) => {
          end()
          resolve(value)
        },
        reject: (error) => {
          end()
          reject(error)
        },
      })
      socket.send('server', { ...frame, requestId })
    })
  }
}
