import type {
  AgentHeartbeatReply,
  AgentPage,
  AgentPatch,
  AgentRegistered,
  AgentRegisterInput,
  AgentView,
  Assignment,
  AssignmentPlan,
  AssignmentPlanRequest,
  ClaimReply,
  ClaimRequest,
  EventPage,
  HeldTask,
  InboxAcknowledged,
  MessageMetrics,
  MessageSend,
  MessageSent,
  PipelineSubmitInput,
  ResourceReport,
  SwarmPatch,
  SwarmView,
  TaskAccepted,
  TaskBatchAccepted,
  TaskCompleteReport,
  TaskDecision,
  TaskDetail,
  TaskFailReport,
  TaskPage,
  TaskPlacement,
  TaskProgressReport,
  TaskReleaseReport,
  TaskRetryRequest,
  TaskStatus,
  TaskSubmitInput,
  TaskView,
  TopologyView,
} from '#contract/index.ts'
import { type InboxPageRead, OPAQUE_IN, type PayloadText, type TaskTexts } from '../json/exact-texts.ts'
import { ConsensusClient } from './consensus-client.ts'
import { ControlsClient } from './controls-client.ts'
import type { OpenFeed } from './event-feed.ts'
import { EventSubscription, type SubscriptionOptions } from './event-subscription.ts'
import { GroupsClient } from './groups-client.ts'
import { HttpConnection, type HttpRequest } from './http-connection.ts'
import { LearningClient } from './learning-client.ts'
import { MemoryClient } from './memory-client.ts'
import { ModelClient } from './model-client.ts'
import { PatternClient } from './pattern-client.ts'
import { randomKey } from './random-key.ts'
import { SchedulesClient } from './schedules-client.ts'
import { ServerClient } from './server-client.ts'
import { openSseFeed } from './sse-feed.ts'
import type {
  AgentFilter,
  CallOptions,
  PageOptions,
  ReadEventsOptions,
  SubmitOptions,
  SwarmClientOptions,
  TaskFilter,
  WaitOptions,
} from './swarm-client-options.ts'
import { TrailsClient } from './trails-client.ts'
import { waitUntilOver } from './wait-until-over.ts'

const FINAL_STATUSES: readonly TaskStatus[] = ['completed', 'failed', 'canceled', 'rejected']

/**
 * One swarm, over REST.
 *
 * Calls that may be repeated are repeated while the server is away, for up to `retryForMs`. Every method throws
 * {@link SwarmApiError}.
 *
 * @example examples/minimal/submit.ts
 */
export class SwarmClient extends ServerClient {
  readonly swarmId: string
  /** What the swarm decides together, and who leads it. */
  readonly consensus: ConsensusClient
  /** What may start and what it may cost: limits, pauses and budgets. */
  readonly controls: ControlsClient
  readonly groups: GroupsClient
  /** Pheromone trails on named edges. */
  readonly trails: TrailsClient
  /** What the swarm remembers together. */
  readonly memory: MemoryClient
  /** Patterns that the swarm noticed in its event log. */
  readonly patterns: PatternClient
  /** What the swarm has learned from finished work. */
  readonly learning: LearningClient
  /** Tasks that are submitted by the clock. */
  readonly schedules: SchedulesClient
  /** Models that agents train together, and the rounds in which they do. */
  readonly models: ModelClient
  readonly #openFeed: OpenFeed
  readonly #swarmPath: string

  constructor(options: SwarmClientOptions) {
    super(new HttpConnection(options))
    this.swarmId = options.swarmId ?? 'default'
    this.#openFeed = options.openFeed ?? openSseFeed
    this.#swarmPath = `/v1/swarms/${encodeURIComponent(this.swarmId)}`
    this.schedules = new SchedulesClient({ call: (request) => this.#call(request) })
    this.controls = new ControlsClient({ call: (request) => this.#call(request) })
    this.groups = new GroupsClient((request) => this.#call(request))
    this.trails = new TrailsClient((request) => this.#call(request))
    this.memory = new MemoryClient({
      call: (request) => this.#call(request),
      events: (subscription) => this.events(subscription),
    })
    this.patterns = new PatternClient({ call: (request) => this.#call(request) })
    this.consensus = new ConsensusClient({
      call: (request) => this.#call(request),
      events: (subscription) => this.events(subscription),
      readEvents: (page) => this.readEvents(page),
    })
    const calls = {
      call: <T>(request: HttpRequest) => this.#call<T>(request),
      open: (request: HttpRequest) => this.http.open({ ...request, path: this.#swarmPath + request.path }),
    }
    this.learning = new LearningClient(calls)
    this.models = new ModelClient(calls)
  }

  /** The server that is asked now; another one where several were given and this one stopped answering. */
  get url(): string {
    return this.http.url
  }

  /** Submits a task. Safe to repeat: each call carries an `Idempotency-Key`. */
  submit(task: TaskSubmitInput, options: SubmitOptions = {}): Promise<TaskAccepted> {
    return this.#submit('/tasks', task, options)
  }

  /** Submits up to 500 tasks; all are accepted, or none. */
  submitBatch(tasks: readonly TaskSubmitInput[], options: SubmitOptions = {}): Promise<TaskBatchAccepted> {
    return this.#submit('/tasks/batch', { tasks }, options)
  }

  /** Submits stages done one after the other, each with the result of the one before. The last task's result counts. */
  submitPipeline(pipeline: PipelineSubmitInput, options: SubmitOptions = {}): Promise<TaskBatchAccepted> {
    return this.#submit('/pipelines', pipeline, options)
  }

  /**
   * Matches tasks with agents at the least total cost, without submitting or assigning anything: a matrix of costs, a
   * sparse matrix, or tasks whose costs the swarm estimates.
   */
  planAssignments(request: AssignmentPlanRequest, { signal }: CallOptions = {}): Promise<AssignmentPlan> {
    return this.#call({
      method: 'POST',
      path: '/assignments/plan',
      body: request,
      isRepeatable: true,
      signal,
    })
  }

  /** Tasks without payloads and results, newest first. */
  listTasks(filter: TaskFilter & PageOptions = {}): Promise<TaskPage> {
    return this.#get('/tasks', filter)
  }

  /** The task with its payload and, once it is completed, its result. */
  getTask(taskId: string, { signal }: CallOptions = {}): Promise<TaskDetail & TaskTexts> {
    return this.#call({ method: 'GET', path: taskPath(taskId), opaque: OPAQUE_IN.getTask, signal })
  }

  /** Why the task was given to the agent that got it last. */
  getTaskDecision(taskId: string, options: CallOptions = {}): Promise<TaskDecision> {
    return this.#get(`${taskPath(taskId)}/decision`, options)
  }

  /** Why the task does not run, and what can change that; or why it went to the agent that got it last. */
  getTaskPlacement(taskId: string, options: CallOptions = {}): Promise<TaskPlacement> {
    return this.#get(`${taskPath(taskId)}/placement`, options)
  }

  /**
   * Waits until the task is completed, failed, canceled or rejected, and returns it; look at its `status`.
   *
   * @throws the signal's reason, or a `TimeoutError`, when it is given up first
   */
  waitForTask(taskId: string, options: WaitOptions = {}): Promise<TaskDetail & TaskTexts> {
    const task = {
      subject: taskId,
      types: FINAL_STATUSES.map((status) => `amos.task.${status}`),
      read: (call: CallOptions) => this.getTask(taskId, call),
      isOver: ({ status }: TaskDetail & TaskTexts) => FINAL_STATUSES.includes(status),
    }
    return waitUntilOver(this, task, options)
  }

  /** Cancels the task and all its parts. */
  cancelTask(taskId: string, reason?: string): Promise<TaskView> {
    return this.#repeatable(`${taskPath(taskId)}/cancel`, reason === undefined ? {} : { reason })
  }

  /**
   * Submits a finished task again, as a new one that waits for and receives what the first one did.
   *
   * @param options `includeDependents` (true): also retry the tasks that failed because this one did not complete.
   */
  retryTask(taskId: string, options: Partial<TaskRetryRequest> = {}): Promise<TaskAccepted> {
    return this.#call({ method: 'POST', path: `${taskPath(taskId)}/retry`, body: options })
  }

  /** Registers an agent, or replaces it. The answer holds its credential. */
  registerAgent(agent: AgentRegisterInput = {}): Promise<AgentRegistered> {
    return this.#repeatable('/agents', agent)
  }

  /** Agents in the order of their ids. */
  listAgents(filter: AgentFilter & PageOptions = {}): Promise<AgentPage> {
    return this.#get('/agents', filter)
  }

  getAgent(agentId: string, options: CallOptions = {}): Promise<AgentView> {
    return this.#get(agentPath(agentId), options)
  }

  updateAgent(agentId: string, patch: AgentPatch): Promise<AgentView> {
    return this.#call({ method: 'PATCH', path: agentPath(agentId), body: patch, isRepeatable: true })
  }

  /** The agent gets nothing new and is removed once it holds nothing. */
  deregisterAgent(agentId: string): Promise<AgentView> {
    return this.#call({ method: 'DELETE', path: agentPath(agentId), isRepeatable: true })
  }

  /** For agents that speak HTTP only: renews their leases. */
  heartbeatAgent(agentId: string, held: readonly HeldTask[] = []): Promise<AgentHeartbeatReply> {
    return this.#repeatable(`${agentPath(agentId)}/heartbeat`, { held })
  }

  /** For agents that speak HTTP only: takes work, waiting up to `waitMs` for it. */
  async claimTasks(
    agentId: string,
    request: Partial<ClaimRequest> = {},
    { signal }: CallOptions = {},
  ): Promise<readonly (Assignment & PayloadText)[]> {
    const { assignments } = await this.#call<ClaimReply>({
      method: 'POST',
      path: `${agentPath(agentId)}/claims`,
      body: request,
      opaque: OPAQUE_IN.claimTasks,
      // The answer may come at the very end of the wait.
      timeoutMs: (request.waitMs ?? 0) + 15_000,
      signal,
    })
    return assignments
  }

  reportProgress(taskId: string, report: TaskProgressReport): Promise<void> {
    return this.#repeatable(`${taskPath(taskId)}/progress`, report)
  }

  completeTask(taskId: string, report: TaskCompleteReport): Promise<TaskView> {
    return this.#repeatable(`${taskPath(taskId)}/complete`, report)
  }

  failTask(taskId: string, report: TaskFailReport): Promise<TaskView> {
    return this.#repeatable(`${taskPath(taskId)}/fail`, report)
  }

  releaseTask(taskId: string, report: TaskReleaseReport): Promise<TaskView> {
    return this.#repeatable(`${taskPath(taskId)}/release`, report)
  }

  /** Sends a message to an agent, a topic or all, as a client or, with its token, as an agent. */
  sendMessage(message: MessageSend): Promise<MessageSent> {
    const messageId = message.messageId ?? randomKey()
    const isRepeatable = message.isDurable === true
    return this.#call({ method: 'POST', path: '/messages', body: { ...message, messageId }, isRepeatable })
  }

  /** The durable messages that wait for an agent, oldest first. */
  inbox(agentId: string, { signal, ...query }: PageOptions = {}): Promise<InboxPageRead> {
    const path = `${agentPath(agentId)}/inbox`
    return this.#call({ method: 'GET', path, query, opaque: OPAQUE_IN.readInbox, signal })
  }

  /** The agent has dealt with these messages; they are not delivered again. */
  acknowledgeInbox(agentId: string, messageIds: readonly string[]): Promise<InboxAcknowledged> {
    return this.#repeatable(`${agentPath(agentId)}/inbox/acknowledge`, { messageIds })
  }

  /** What communication costs, by kind of message and by topic. */
  getMessageMetrics(options: CallOptions = {}): Promise<MessageMetrics> {
    return this.#get('/messages/metrics', options)
  }

  /** Who may talk to whom: members, edges, levels, reporting chains. */
  topology(options: CallOptions = {}): Promise<TopologyView> {
    return this.#get('/topology', options)
  }

  /** Switches the live swarm to another topology. Messages that were accepted keep their path. */
  switchTopology(topology: NonNullable<SwarmPatch['topology']>): Promise<SwarmView> {
    return this.updateSwarm({ topology })
  }

  /**
   * The swarm's events as they happen, from after `since` on, or from now on. Reconnects by itself and goes on where
   * it was; what is no longer to be had comes as a `gap` item.
   *
   * @example examples/minimal/follow-events.ts
   */
  events(options: SubscriptionOptions = {}): EventSubscription {
    const { swarmId } = this
    return new EventSubscription(options, {
      connection: this.http,
      swarmId,
      openFeed: this.#openFeed,
      endOfLog: async () => String((await this.readEvents({ pageSize: 1 })).lastSequence),
    })
  }

  /** One page of the event log. */
  readEvents({ types = [], ...rest }: ReadEventsOptions = {}): Promise<EventPage> {
    const query = { ...rest, types: types.length === 0 ? undefined : types.join(',') }
    return this.#get('/events', query)
  }

  /** How the swarm is doing: queue, waits, run times, agents. */
  getResources(options: CallOptions = {}): Promise<ResourceReport> {
    return this.#get('/resources', options)
  }

  /** How this swarm is set up. */
  getSwarm(options: CallOptions = {}): Promise<SwarmView> {
    return this.#get('', options)
  }

  updateSwarm(patch: SwarmPatch): Promise<SwarmView> {
    return this.#call({ method: 'PATCH', path: '', body: patch, isRepeatable: true })
  }

  /** @param force cancel what is not finished, instead of being refused with `swarm_not_empty` */
  deleteSwarm({ force = false } = {}): Promise<void> {
    return this.#call({ method: 'DELETE', path: '', query: { force }, isRepeatable: true })
  }

  #submit<T>(path: string, body: unknown, { idempotencyKey, signal }: SubmitOptions): Promise<T> {
    const headers = { 'idempotency-key': idempotencyKey ?? randomKey() }
    return this.#call({ method: 'POST', path, body, headers, isRepeatable: true, signal })
  }

  #get<T>(path: string, { signal, ...query }: CallOptions): Promise<T> {
    return this.#call({ method: 'GET', path, query, signal })
  }

  #repeatable<T>(path: string, body: unknown): Promise<T> {
    return this.#call({ method: 'POST', path, body, isRepeatable: true })
  }

  #call<T>(request: HttpRequest): Promise<T> {
    return this.http.call({ ...request, path: this.#swarmPath + request.path })
  }
}

function taskPath(taskId: string): string {
  return `/tasks/${encodeURIComponent(taskId)}`
}

function agentPath(agentId: string): string {
  return `/agents/${encodeURIComponent(agentId)}`
}
