import type { AdviceView, AgentRegisterInput, MessageSent, OutcomeReport } from '#contract/index.ts'
import { startTimer } from '#infra/system/timer.ts'
import type { AdviceOptions } from '../client/learning-client.ts'
import type { MemoryClient } from '../client/memory-client.ts'
import { errorFromProblem } from '../client/swarm-api-error.ts'
import { callObserver, errorOf } from '../client/user-code.ts'
import { copyPayloadText } from '../json/exact-texts.ts'
import { SwarmClient } from '../node-swarm-client.ts'
import { AgentBids } from './agent-bids.ts'
import type { Notice } from './agent-channel.ts'
import { AgentIdentity } from './agent-identity.ts'
import { AgentLink, type LinkEnd } from './agent-link.ts'
import { agentMemory } from './agent-memory.ts'
import {
  AgentMessages,
  type MessageHandler,
  type RequestOptions,
  type SendOptions,
} from './agent-messages.ts'
import { type TaskHandler, TaskRevoked, taskOf } from './agent-task.ts'
import { jsonFrames, msgpackFrames } from './frame-codec.ts'
import type { AgentNotice, SwarmAgentOptions } from './swarm-agent-options.ts'
import { TaskRuns } from './task-runs.ts'
import { type TrainingHandler, TrainingRounds } from './training-rounds.ts'
import { AgentVoting, type AgentVotingOptions } from './voting/agent-voting.ts'
import type { Speech } from './voting/speech.ts'

/** How long the goodbyes of a closing agent may take. */
const CLOSE_WITHIN_MS = 1_000

export interface SwarmAgentModules {
  readonly speech?: Speech
}

/**
 * A member of the swarm: registers, takes work over one WebSocket, renews its leases, reconnects by itself and goes on
 * with what it holds.
 *
 * @example examples/minimal/agent.ts
 */
export class SwarmAgent {
  /** Settles when the agent is over, with why; never rejects. */
  readonly ended: Promise<LinkEnd>
  /** What the swarm remembers together, read and written under the agent's own token. */
  readonly memory: MemoryClient
  readonly #options: SwarmAgentOptions
  readonly #handlers = new Map<string, TaskHandler>()
  readonly #client: SwarmClient
  readonly #identity: AgentIdentity
  readonly #runs: TaskRuns
  readonly #messages: AgentMessages
  readonly #voting: AgentVoting
  readonly #bids: AgentBids
  readonly #training: TrainingRounds
  readonly #link: AgentLink
  #onStarted: () => void = () => undefined
  #onEnded: (end: LinkEnd) => void = () => undefined
  #isStarted = false
  #hasLeft = false

  constructor(options: SwarmAgentOptions, { speech }: SwarmAgentModules = {}) {
    const { url, swarmId = 'default', agentId, token } = options
    refuseContradiction(options)
    this.#options = options
    this.ended = new Promise((resolve) => (this.#onEnded = resolve))
    const credential = options.apiKey ?? token
    const onError = (error: Error): void => this.#notify({ type: 'error', error })
    this.#client = new SwarmClient({
      url,
      swarmId,
      ...(credential === undefined ? {} : { apiKey: credential }),
    })
    const given = token === undefined || agentId === undefined ? undefined : { agentId, token }
    this.#voting = new AgentVoting(this.#votingOptions(swarmId), { client: this.#client, speech })
    this.#identity = new AgentIdentity(registrationOf(options), given, {
      client: this.#client,
      claimKey: (id) => this.#voting.claimKey(id),
    })
    this.memory = agentMemory({ url, swarmId }, this.#identity)
    this.#runs = new TaskRuns(
      {
        handlerOf: (type) => this.#handlers.get(type) ?? this.#handlers.get('*'),
        onRefused: (taskId, error) => this.#notify({ type: 'task_lost', taskId, reason: error.message }),
        onError,
      },
      { client: this.#client },
    )
    this.#messages = new AgentMessages({ onError })
    this.#bids = new AgentBids({ onBid: options.onBid, onError })
    this.#training = new TrainingRounds({ client: this.#client, onError })
    this.#link = new AgentLink(
      {
        urls: [url].flat(),
        swarmId,
        codec: options.frames === 'msgpack' ? msgpackFrames : jsonFrames,
        held: () => this.#runs.held,
        onOpen: (channel, { epoch, agentId: self }, at) => {
          this.#runs.connected(channel)
          this.#messages.connected(channel)
          this.#bids.connected(channel)
          this.#voting.connected(channel, self)
          this.#onStarted()
          this.#notify({ type: 'connected', url: at, epoch })
        },
        onInterrupted: (error) => {
          this.#runs.disconnected()
          this.#messages.disconnected()
          this.#voting.disconnected()
          this.#notify({ type: 'interrupted', error })
        },
        onNotice: (notice) => this.#receive(notice),
        onLost: (tasks) => {
          for (const held of tasks) this.#lose(held, new TaskRevoked('lease_lost', 'the lease was lost'))
        },
      },
      { identity: this.#identity },
    )
  }

  /** Undefined until the server has chosen it, where it was left to the server. */
  get agentId(): string | undefined {
    return this.#identity.agentId
  }

  /** Tasks it holds: at work, or finished and not yet acknowledged. */
  get heldCount(): number {
    return this.#runs.size
  }

  /**
   * Registers the handler of a type of task; the handler of `*` does the tasks of all types without one of their own. To be
   * called before `start`.
   *
   * @typeParam Payload of these tasks, as the handler reads it; nothing checks what clients submit
   * @typeParam Result of these tasks
   */
  handle<Payload = unknown, Result = unknown>(taskType: string, handler: TaskHandler<Payload, Result>): this {
    this.#handlers.set(taskType, handler as TaskHandler)
    return this
  }

  /**
   * Says who deals with messages to this agent, broadcasts and topics that have no handler of their own. What it
   * returns to a request is the reply. To be called before `start`.
   */
  onMessage(handler: MessageHandler): this {
    this.#messages.handler = handler
    return this
  }

  /** Sends a message to one agent. @throws SwarmApiError as the swarm refuses it, for instance `backpressure` */
  send(agentId: string, payload: unknown, options: SendOptions = {}): Promise<MessageSent> {
    return this.#messages.send({ kind: 'agent', agentId }, payload, options)
  }

  /**
   * Asks one agent and waits for its reply.
   *
   * @throws DOMException `TimeoutError` where none comes in time
   */
  request(agentId: string, payload: unknown, options: RequestOptions = {}): Promise<unknown> {
    return this.#messages.request(agentId, payload, options)
  }

  /** Sends a message to all agents of the swarm but this one. */
  broadcast(payload: unknown, options: Pick<SendOptions, 'ttlMs'> = {}): Promise<MessageSent> {
    return this.#messages.send({ kind: 'broadcast' }, payload, options)
  }

  /** Sends a message to the agents that subscribed to the topic. */
  publish(topic: string, payload: unknown, options: Pick<SendOptions, 'ttlMs'> = {}): Promise<MessageSent> {
    return this.#messages.send({ kind: 'topic', topic }, payload, options)
  }

  /** From now on the topic's messages come to the handler, over reconnects, too. */
  subscribe(topic: string, handler: MessageHandler): Promise<void> {
    return this.#messages.subscribe(topic, handler)
  }

  unsubscribe(topic: string): Promise<void> {
    return this.#messages.unsubscribe(topic)
  }

  /**
   * Says who trains models in learning rounds. Without one the agent declines. To be called before `start`.
   *
   * @example examples/federated-digits/agent.ts
   */
  onTrainingRound(handler: TrainingHandler): this {
    this.#training.handler = handler
    return this
  }

  /** What has worked for others at a type of work: agents and methods, best first. */
  advice(type: string, options: AdviceOptions = {}): Promise<AdviceView> {
    return this.#client.learning.advice(type, options)
  }

  /** Shares how a piece of work ended and the method it was done by, so that others can choose better. */
  reportOutcome(report: Omit<OutcomeReport, 'agentId'>): Promise<void> {
    const { agentId } = this
    return this.#client.learning.reportOutcome(agentId === undefined ? report : { ...report, agentId })
  }

  /**
   * Registers and connects; resolves once work can come. Waits for a server that is not there yet.
   *
   * @throws SwarmApiError when the server refuses the agent
   */
  async start(): Promise<void> {
    if (this.#isStarted) throw new Error('an agent can be started once')
    this.#isStarted = true
    const started = new Promise<void>((resolve) => (this.#onStarted = resolve))
    void this.#link.run().then(async (end) => {
      // Whoever runs under the id now has the tasks, too.
      this.#runs.disconnected()
      this.#messages.close()
      await this.#voting.stop()
      await this.#runs.giveBack(`the agent is ${end.reason}`)
      this.#onEnded(this.#hasLeft && end.reason === 'removed' ? { reason: 'closed' } : end)
    })
    const end = await Promise.race([started, this.ended])
    if (end !== undefined) throw end.error ?? new Error(`the agent was ${end.reason} before it started`)
  }

  /**
   * Takes nothing new, finishes what it holds, and closes.
   *
   * @param deregister also leave the swarm for good. Default false: an agent that comes back keeps its place.
   */
  async drain({ deregister = false } = {}): Promise<void> {
    const { agentId } = this
    if (agentId !== undefined) await this.#leave(agentId, deregister)
    await Promise.race([this.#runs.whenIdle(), this.ended])
    await this.close()
  }

  /** Ends now: handlers are aborted, and what they worked on goes back to the queue. No new task comes meanwhile. */
  async close(): Promise<void> {
    const isTimeUp = new Promise<void>((resolve) =>
      startTimer(CLOSE_WITHIN_MS, resolve, { keepsAlive: false }),
    )
    await Promise.race([this.#runs.end('the agent closes'), isTimeUp])
    this.#link.close()
    if (this.#isStarted) await this.ended
    else this.#onEnded({ reason: 'closed' })
  }

  #votingOptions(swarmId: string): AgentVotingOptions {
    const { stateDir, onProposal, onDecision } = this.#options
    return {
      swarmId,
      stateDir,
      onProposal,
      onDecision: (decision) =>
        callObserver(onDecision, decision, (error) => this.#notify({ type: 'error', error })),
      onError: (error) => this.#notify({ type: 'error', error }),
      onKeyReplaced: (reason) => this.#notify({ type: 'voter_key_replaced', reason }),
      onHalted: (error) => this.#notify({ type: 'voting_halted', error }),
    }
  }

  async #leave(agentId: string, isForGood: boolean): Promise<void> {
    try {
      this.#hasLeft = isForGood
      if (isForGood) await this.#client.deregisterAgent(agentId)
      else await this.#client.updateAgent(agentId, { isDraining: true })
    } catch (error) {
      // Finishing what is held matters more than being able to say so.
      this.#notify({ type: 'error', error: errorOf(error) })
    }
  }

  #receive(notice: Notice): void {
    switch (notice.type) {
      case 'task.assigned':
        this.#runs.assign(taskOf(notice))
        return
      case 'task.revoked':
        this.#lose(notice, new TaskRevoked('revoked', notice.reason))
        return
      case 'task.canceled':
        this.#lose(notice, new TaskRevoked('canceled', notice.reason))
        return
      case 'message': {
        const { type: _, ...message } = notice
        this.#messages.receive(copyPayloadText(message, notice))
        return
      }
      case 'consensus':
        if (this.agentId !== undefined) this.#voting.receive(notice.body, this.agentId)
        return
      case 'call_for_bids':
        void this.#bids.answer(notice)
        return
      case 'training.round':
        if (this.agentId !== undefined) this.#training.receive(notice, this.agentId)
        return
      case 'gap':
        this.#notify({ type: 'messages_missed', count: notice.missedCount })
        return
      case 'drain':
        this.#notify({ type: 'drain', reason: notice.reason })
        return
      case 'error':
        this.#notify({ type: 'error', error: errorFromProblem(notice) })
        return
      default:
      // A frame of a newer server: what it means we cannot know, and the contract lets it be ignored.
    }
  }

  #lose(held: { readonly taskId: string; readonly fencingToken: number }, reason: TaskRevoked): void {
    if (!this.#runs.revoke(held, reason)) return
    this.#notify({ type: 'task_lost', taskId: held.taskId, reason: reason.message })
  }

  #notify(notice: AgentNotice): void {
    callObserver(this.#options.onNotice, notice)
  }
}

/** @throws TypeError */
function refuseContradiction({ agentId, token, stateDir }: SwarmAgentOptions): void {
  if (token !== undefined && agentId === undefined)
    throw new TypeError('a token needs the agentId it belongs to')
  if (stateDir !== undefined && agentId === undefined)
    throw new TypeError('a stateDir needs the agentId whose key is in it')
  if (stateDir !== undefined && token !== undefined)
    throw new TypeError('a key is registered with its agent: a stateDir does not go with a token')
}

function registrationOf(options: SwarmAgentOptions): AgentRegisterInput {
  const { agentId, name, capabilities = [], slots, resources, labels } = options
  return {
    capabilities: capabilities.map((given) => (typeof given === 'string' ? { name: given } : given)),
    ...(agentId === undefined ? {} : { agentId }),
    ...(name === undefined ? {} : { name }),
    ...(slots === undefined ? {} : { slots }),
    ...(resources === undefined ? {} : { resources }),
    ...(labels === undefined ? {} : { labels }),
  }
}
