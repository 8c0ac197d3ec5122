import { AGENT_FRAMES, type AgentFrame, type ChannelFrame } from '#contract/frames/agent-frames.ts'
import { CLOSE_CODES, type RequestId } from '#contract/frames/frame.ts'
import type { AgentDelivery } from '#domain/communication/agent-delivery.ts'
import { isSwarmError, SwarmError } from '#domain/model/errors.ts'
import type { AgentId, NodeId, SessionId, SwarmId } from '#domain/model/ids.ts'
import type { SwarmService } from '#domain/orchestration/swarm-service.ts'
import type { Logger } from '#domain/ports/logger.ts'
import type { Ids } from '#domain/ports/random.ts'
import { problemOf } from '../problem/problem.ts'
import { RequestError } from '../problem/request-error.ts'
import { closeCodeFor } from '../sockets/close-code.ts'
import { errorFrame } from '../sockets/error-frame.ts'
import { FrameReader } from '../sockets/frame-reader.ts'
import type { FrameSocket } from '../sockets/frame-socket.ts'
import { requestIdOf } from '../sockets/request-id.ts'
import { callService, heldTasks } from './agent-calls.ts'
import { frameOfNotice } from './consensus-frame.ts'
import { encodeDelivery } from './delivery-frame.ts'
import { frameOfMessage } from './message-frame.ts'
import type { SessionRegistry } from './session-registry.ts'

export const HELLO_WITHIN_MS = 5_000
const BAD_FRAMES_MAX = 10
/** Frames being worked on; the socket is not read while there are so many. */
const IN_FLIGHT_MAX = 256
const UNDELIVERED_MESSAGES_MAX = 1_000
/** An agent that heartbeats so many times a lease may miss two. */
const HEARTBEATS_PER_LEASE = 3

const agentFrames = new FrameReader<AgentFrame>(AGENT_FRAMES)

export interface AgentChannelOptions {
  readonly nodeId: NodeId
  readonly sessionId: SessionId
  readonly swarmId: SwarmId
  readonly agentId: AgentId
}

/** The swarm's service, for an agent that may use it. */
export interface Admission {
  readonly service: SwarmService
  /** Of the agent's token, where it showed that. */
  readonly tokenHash?: string
}

export interface AgentChannelModules {
  readonly socket: FrameSocket
  readonly sessions: SessionRegistry
  readonly ids: Ids
  readonly logger: Logger
  /**
   * The swarm's service, once the agent has shown that it is the agent.
   * @param token of the `hello` frame
   */
  admit(token: string | undefined): Promise<Admission>
  /** When the next frame of the agent may be worked on; undefined where that is at once. */
  enterTurn(): Promise<void> | undefined
  /** Called for every frame that was read, with its type. */
  onFrame(type: AgentFrame['type']): void
}

/**
 * One connection of one agent. `new` until its `hello` comes, `opening` while the swarm takes it in, then `open`;
 * `closed` as soon as either side ends it.
 */
export class AgentChannel {
  readonly #options: AgentChannelOptions
  readonly #modules: AgentChannelModules
  readonly #helloTimer: NodeJS.Timeout
  #state: 'new' | 'opening' | 'open' | 'closed' = 'new'
  #service: SwarmService | undefined
  #closedBy: 'agent' | 'server' = 'agent'
  #badFrames = 0
  #inFlight = 0
  /** Frames that came before the swarm had taken the agent in. */
  readonly #early: AgentFrame[] = []
  /** What the swarm tells the agent before `welcome` was sent, which comes first. */
  readonly #undelivered: AgentDelivery[] = []
  /** Messages the agent has not been told are missing. */
  #missedCount = 0

  constructor(options: AgentChannelOptions, modules: AgentChannelModules) {
    this.#options = options
    this.#modules = modules
    this.#helloTimer = setTimeout(() => this.#refuseAndClose(helloRequired()), HELLO_WITHIN_MS)
  }

  /** Frames being worked on. */
  get inFlight(): number {
    return this.#inFlight
  }

  receive(data: Buffer, isBinary: boolean): void {
    if (this.#state === 'closed') return
    try {
      const frame = agentFrames.read(this.#modules.socket.format.decode(data, isBinary))
      this.#modules.onFrame(frame.type)
      this.#accept(frame)
    } catch (error) {
      this.#countBadFrame(error, requestIdOf(data, isBinary))
    }
  }

  probe(withinMs: number): Promise<boolean> {
    return this.#modules.socket.probe(withinMs)
  }

  deliver(delivery: AgentDelivery): boolean {
    const { socket } = this.#modules
    if (this.#state === 'closed' || !socket.isOpen) return false
    if (delivery.type === 'superseded') {
      const { agentId } = this.#options
      this.#refuseAndClose(new SwarmError('session_superseded', { agentId, epoch: delivery.epoch }))
      return true
    }
    if (delivery.type === 'reattach') {
      this.closeFor(delivery.reason)
      return true
    }
    if (this.#state === 'opening') return this.#deliverLater(delivery)
    if (delivery.type === 'message') return this.#deliverMessage(delivery)
    if (delivery.type === 'gap') return this.#noteMissed(delivery.missedCount)
    if (delivery.type === 'consensus' ? socket.areNoticesFull : socket.isOverfull) {
      this.#refuseAndClose(new RequestError('slow_consumer', 'The channel is not being read.'))
      return false
    }
    if (delivery.type === 'consensus') socket.sendNotice(() => frameOfNotice(delivery, socket.format))
    else socket.sendEncoded(encodeDelivery(delivery, socket.format))
    return true
  }

  #deliverLater(delivery: AgentDelivery): boolean {
    if (delivery.type === 'message' && this.#undelivered.length >= UNDELIVERED_MESSAGES_MAX) return false
    this.#undelivered.push(delivery)
    return true
  }

  #deliverMessage(delivery: Extract<AgentDelivery, { type: 'message' }>): boolean {
    const { socket } = this.#modules
    if (socket.isBulkFull) return false
    socket.sendBulk(frameOfMessage(delivery, socket.format))
    return true
  }

  /** Told once for all that is missed until then, in the place where it would have come. */
  #noteMissed(count: number): boolean {
    if (this.#missedCount === 0) {
      this.#modules.socket.sendBulkLater((): ChannelFrame => {
        const missedCount = this.#missedCount
        this.#missedCount = 0
        return { type: 'gap', missedCount }
      })
    }
    this.#missedCount += count
    return true
  }

  /** The server ends the connection; the agent keeps its leases and is expected back. */
  closeFor(reason: string): void {
    if (this.#state === 'closed') return
    this.#closedBy = 'server'
    this.#modules.socket.close(CLOSE_CODES.serviceRestart, reason)
    this.closed()
  }

  /** The agent has lost the authority that it opened the channel with. */
  endFor(error: unknown): void {
    this.#refuseAndClose(error)
  }

  /** The connection is gone, whoever ended it. */
  closed(): void {
    clearTimeout(this.#helloTimer)
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#modules.sessions.remove(this.#options.sessionId)
    if (this.#service !== undefined) this.#detach(this.#service)
  }

  #detach(service: SwarmService): void {
    const { sessionId, agentId } = this.#options
    service.agents.detach({ agentId, sessionId, closedBy: this.#closedBy }).catch((error: unknown) => {
      // The leases run out by themselves.
      this.#modules.logger.warn({ err: error, agentId }, 'detach not noted')
    })
  }

  #accept(frame: AgentFrame): void {
    if (frame.type === 'hello') {
      if (this.#state !== 'new') throw new RequestError('hello_repeated', 'This channel is open already.')
      this.#state = 'opening'
      clearTimeout(this.#helloTimer)
      void this.#open(frame)
      return
    }
    if (this.#state === 'new') {
      this.#refuseAndClose(helloRequired(), frame.requestId)
    } else if (this.#state === 'opening') {
      if (this.#early.length >= IN_FLIGHT_MAX)
        throw new RequestError('hello_required', 'Wait for `welcome` first.')
      this.#early.push(frame)
    } else {
      void this.#answer(frame)
    }
  }

  async #open(hello: Extract<AgentFrame, { type: 'hello' }>): Promise<void> {
    const { agentId, sessionId, nodeId } = this.#options
    const { sessions, admit } = this.#modules
    try {
      const { service, ...proof } = await admit(hello.token)
      if (this.#isClosed) return
      // Before the attach, since the first assignments may come before its answer.
      sessions.add(sessionId, this)
      this.#service = service
      const { epoch, leaseMs, kept, lost } = await service.agents.attach({
        ...proof,
        agentId,
        nodeId,
        sessionId,
        ...(hello.connection === undefined ? {} : { connection: hello.connection }),
        held: heldTasks(hello.held),
      })
      // It closed while the call was carried: the swarm may have heard of the end before it heard of the beginning.
      if (this.#isClosed) this.#detach(service)
      this.#welcome(hello.requestId, { epoch, leaseMs, kept: [...kept], lost: [...lost] })
    } catch (error) {
      this.#refuseAndClose(error, hello.requestId)
    }
  }

  #welcome(
    requestId: RequestId | undefined,
    reply: { epoch: number; leaseMs: number; kept: string[]; lost: string[] },
  ): void {
    if (this.#isClosed) return
    const { agentId, swarmId } = this.#options
    const heartbeatMs = Math.floor(reply.leaseMs / HEARTBEATS_PER_LEASE)
    this.#send({
      type: 'welcome',
      ...(requestId === undefined ? {} : { requestId }),
      agentId,
      swarmId,
      heartbeatMs,
      ...reply,
    })
    this.#state = 'open'
    for (const delivery of this.#undelivered.splice(0)) this.deliver(delivery)
    for (const frame of this.#early.splice(0)) this.#accept(frame)
  }

  async #answer(frame: AgentFrame): Promise<void> {
    const { socket, ids } = this.#modules
    const { agentId, sessionId } = this.#options
    const service = this.#service
    if (service === undefined || frame.type === 'hello') return
    this.#inFlight += 1
    if (this.#inFlight === IN_FLIGHT_MAX) socket.pause()
    try {
      const turn = this.#modules.enterTurn()
      if (turn !== undefined) await turn
      const { format } = socket
      const result = await callService(frame, { service, agentId, sessionId, format, ids })
      this.#acknowledge(frame, result)
    } catch (error) {
      this.#refuseCall(error, frame.requestId)
    } finally {
      this.#inFlight -= 1
      if (this.#inFlight === IN_FLIGHT_MAX / 2) socket.resume()
    }
  }

  #acknowledge(frame: AgentFrame, result: Awaited<ReturnType<typeof callService>>): void {
    const { requestId } = frame
    if (requestId !== undefined) {
      const { socket } = this.#modules
      socket.send(result === undefined ? { type: 'ack', requestId } : { type: 'ack', requestId, result })
    } else if (result !== undefined && 'lost' in result && frame.type === 'heartbeat') {
      this.#tellLost(frame, result.lost)
    }
  }

  /** A heartbeat without a `requestId` gets no answer that could say what is lost. */
  #tellLost({ held = [] }: Extract<AgentFrame, { type: 'heartbeat' }>, lost: readonly string[]): void {
    const reason = 'its lease has run out, or it went to another agent'
    for (const { taskId, fencingToken } of held) {
      if (lost.includes(taskId)) this.#send({ type: 'task.revoked', taskId, fencingToken, reason })
    }
  }

  #countBadFrame(error: unknown, requestId: RequestId | undefined): void {
    this.#badFrames += 1
    // Who speaks rubbish before `hello` is no agent.
    if (this.#state === 'new' || this.#badFrames > BAD_FRAMES_MAX) this.#refuseAndClose(error, requestId)
    else this.#refuse(error, requestId)
  }

  #refuse(error: unknown, requestId?: RequestId): void {
    const problem = problemOf(error)
    if (problem.code === 'internal_error') {
      this.#modules.logger.error({ err: error, agentId: this.#options.agentId }, 'frame failed')
    }
    this.#send(errorFrame(problem, requestId))
  }

  /** A channel that is not the agent's in the swarm's eyes is closed, or the agent would go on talking to nobody. */
  #refuseCall(error: unknown, requestId: RequestId | undefined): void {
    if (isSwarmError(error, 'session_superseded')) this.#refuseAndClose(error, requestId)
    else this.#refuse(error, requestId)
    if (isSwarmError(error, 'session_unknown')) this.closeFor('the swarm does not know this connection')
  }

  #refuseAndClose(error: unknown, requestId?: RequestId): void {
    if (this.#isClosed) return
    this.#refuse(error, requestId)
    const { code, status, title } = problemOf(error)
    this.#modules.socket.close(closeCodeFor(code, status), title)
    this.closed()
  }

  #send(frame: ChannelFrame): void {
    this.#modules.socket.send(frame)
  }

  // Asked for again after an `await`, which the compiler does not know to change it.
  get #isClosed(): boolean {
    return this.#state === 'closed'
  }
}

function helloRequired(): RequestError {
  return new RequestError('hello_required', 'The first frame must be `hello`, within 5 seconds.')
}
