import type { LostDelivery } from '../communication/direct-channel.ts'
import type { MessageCounts } from '../communication/message-meter.ts'
import type { LeaderState } from '../consensus-engine/elections/election-record.ts'
import type { ProposalRecord } from '../consensus-engine/proposals/proposal-record.ts'
import type { CastBallotRequest, ProposeRequest } from '../consensus-engine/proposals/proposal-requests.ts'
import type { Coordinatorship, SwarmModules } from '../kernel/coordinatorship.ts'
import { type PatienceModules, repeatWhileUnavailable } from '../kernel/patient-store.ts'
import type { AgentRecord } from '../model/agent-record.ts'
import type { Assignment } from '../model/assignment.ts'
import { SwarmError } from '../model/errors.ts'
import type { AgentId, NodeId, SessionId } from '../model/ids.ts'
import type { InboxRecord, SendReply } from '../model/message.ts'
import type { SwarmRecord } from '../model/swarm-record.ts'
import type { TaskRecord } from '../model/task-record.ts'
import type { ReadyQueue } from '../ports/ready-queue.ts'
import type { SwarmStore } from '../ports/swarm-store.ts'
import type { MonitorReport } from '../resources/monitor-report.ts'
import type { TopologyView } from '../topology/topology-view.ts'
import type { OrchestratorOptions } from './orchestrator-options.ts'
import { recover } from './recovery.ts'
import { createSwarmParts, type SwarmParts } from './swarm-parts.ts'
import type {
  AcknowledgeRequest,
  AttachReply,
  AttachRequest,
  CancelProposalRequest,
  CancelRequest,
  ClaimReceipt,
  ClaimRequest,
  CompleteReport,
  ConsensusRequest,
  DetachRequest,
  FailReport,
  HeartbeatReply,
  HeartbeatRequest,
  InboxRequest,
  PatchAgentRequest,
  ProgressReport,
  RegisterRequest,
  ReleaseReport,
  RetryRequest,
  SendMessageRequest,
  StartElectionRequest,
  StopWorkRequest,
  SubmitReply,
  SubmitRequest,
  SubscribeTopicsRequest,
  SwarmService,
  SwarmStatus,
  TaskReport,
  UpdateSwarmRequest,
} from './swarm-service.ts'

/**
 * One swarm on its coordinating node: the façade over all that decides. It knows nothing that the records do not
 * tell, so that after a crash another node builds the same from them.
 */
export class SwarmOrchestrator implements SwarmService {
  readonly #coordinatorship: Coordinatorship
  readonly #store: SwarmStore
  readonly #queue: ReadyQueue
  readonly #modules: SwarmModules
  readonly #parts: SwarmParts
  #stopReading: () => void = () => undefined

  constructor(coordinatorship: Coordinatorship, options: OrchestratorOptions, modules: SwarmModules) {
    this.#coordinatorship = coordinatorship
    this.#modules = modules
    this.#store = modules.store
    this.#queue = modules.queue
    this.#parts = createSwarmParts(coordinatorship, options, modules)
    this.#parts.registry.onRegistrationEnd((agentId) => this.#registrationEnded(agentId))
  }

  get openTaskCount(): number {
    return this.#parts.openTasks.size
  }

  /** Rebuilds the memory from the records, then begins to distribute. Resolves when requests can be taken. */
  async start(patience: PatienceModules): Promise<void> {
    const { events } = this.#modules
    const parts = this.#parts
    const projections = [parts.monitor, parts.topology, parts.departed, parts.consensus]
    const stops = projections.map((projection) => events.feed(projection))
    this.#stopReading = () => {
      for (const stop of stops) stop()
    }
    const { blocked, orphans } = await recover(this.#coordinatorship.scope, {
      ...parts,
      store: this.#store,
      restore: (entries) => repeatWhileUnavailable(() => this.#queue.restore(entries), patience),
      onAgent: (agent) => parts.presence.expect(agent),
      onTask: ({ taskId, spec }) => parts.watchDeadline(taskId, spec.deadlineAt),
    })
    const present = [...parts.registry.agents].filter(({ record }) => record.status !== 'offline')
    await parts.topology.recover(
      parts.settings.record.topology,
      present.toSorted((a, b) => a.record.registeredAt - b.record.registeredAt).map(({ agentId }) => agentId),
    )
    await parts.consensus.recover()
    for (const agent of parts.registry.agents) void parts.presence.removeIfLeaving(agent)
    for (const taskId of blocked) void parts.ender.lookAtDependencies(taskId)
    for (const { taskId, parentTaskId } of orphans) void parts.ender.cancelIfParentWas(taskId, parentTaskId)
    this.#queue.onReady(() => parts.distributor.wake())
    parts.retention.start()
    parts.distributor.wake()
  }

  /** No new assignments. What agents hold stays under its lease and is reported as ever. */
  drain(): void {
    const { distributor, claims, registry } = this.#parts
    distributor.stop()
    claims.drain()
    // An assignment that is being written now is taken back when it is: its agent is told that nothing new comes.
    for (const agent of registry.agents) agent.stopWork()
  }

  /** Stops all timers. What is being written is still written, if the store lets it. */
  stop(): void {
    const { distributor, retention, presence, claims, deadlines, leases, breakers, consensus, reminders } =
      this.#parts
    claims.drain()
    for (const part of [distributor, retention, presence, leases, breakers, consensus, reminders]) part.stop()
    deadlines.clear()
    this.#stopReading()
  }

  /** What was sent to these connections did not reach their node: the agents have to attach anew. */
  deliveriesLost(lost: readonly LostDelivery[]): void {
    const { presence, registry, consensus } = this.#parts
    const sessions = new Set(lost.map(({ sessionId }) => sessionId))
    const cutOff = [...registry.agents].filter(({ session }) => session && sessions.has(session.sessionId))
    presence.deliveriesLost(cutOff, lost)
    for (const { agentId } of cutOff) consensus.detached(agentId)
  }

  /** Another node is gone. */
  nodeLost(nodeId: NodeId): void {
    const { presence, registry, consensus } = this.#parts
    const cutOff = [...registry.agents].filter(({ session }) => session?.nodeId === nodeId)
    presence.nodeLost(nodeId)
    for (const { agentId } of cutOff) consensus.detached(agentId)
  }

  submit(request: SubmitRequest): Promise<SubmitReply> {
    return this.#parts.intake.submit(request)
  }

  cancel(request: CancelRequest): Promise<TaskRecord> {
    return this.#parts.ender.cancel(request)
  }

  retry(request: RetryRequest): Promise<TaskRecord> {
    return this.#parts.intake.retry(request)
  }

  registerAgent(request: RegisterRequest): Promise<AgentRecord> {
    const { consensus, registry } = this.#parts
    return consensus.registering(request, () => registry.register(request))
  }

  patchAgent(request: PatchAgentRequest): Promise<AgentRecord> {
    return this.#parts.registry.patch(request)
  }

  deregisterAgent({ agentId }: { readonly agentId: AgentId }): Promise<AgentRecord> {
    return this.#parts.presence.leave(agentId)
  }

  async attach(request: AttachRequest): Promise<AttachReply> {
    const { presence, subscriptions, delivery, consensus } = this.#parts
    const { agentId } = request
    subscriptions.delete(agentId)
    const attached = presence.attach(request)
    // In the same turn: from now on others can send to the new connection, and must not overtake the inbox.
    delivery.attached(agentId)
    const reply = await attached
    consensus.attached(agentId)
    return reply
  }

  async detach(request: DetachRequest): Promise<null> {
    const { presence, registry, consensus } = this.#parts
    const isNewest = registry.find(request.agentId)?.session?.sessionId === request.sessionId
    presence.detach(request)
    if (isNewest) consensus.detached(request.agentId)
    return null
  }

  heartbeat(request: HeartbeatRequest): Promise<HeartbeatReply> {
    return this.#parts.presence.heartbeat(request)
  }

  claim(request: ClaimRequest): Promise<readonly Assignment[]> {
    return this.#parts.claims.claim(request)
  }

  async settleClaim(receipt: ClaimReceipt): Promise<null> {
    this.#parts.claims.settle(receipt)
    return null
  }

  async accept(report: TaskReport): Promise<null> {
    await this.#heard(report)
    await this.#parts.reports.accept(report)
    return null
  }

  async progress(report: ProgressReport): Promise<null> {
    await this.#heard(report)
    this.#parts.leases.renew(report.taskId, report.agentId, report.fencingToken)
    await this.#parts.reports.progress(report)
    return null
  }

  async complete(report: CompleteReport): Promise<TaskRecord> {
    await this.#heard(report)
    return this.#parts.reports.complete(report)
  }

  async fail(report: FailReport): Promise<TaskRecord> {
    await this.#heard(report)
    return this.#parts.reports.fail(report)
  }

  async release(report: ReleaseReport): Promise<TaskRecord> {
    await this.#heard(report)
    return this.#parts.reports.release(report)
  }

  async sendMessage(request: SendMessageRequest): Promise<SendReply> {
    const { from, sessionId } = request
    if (from !== undefined && sessionId !== undefined) this.#parts.registry.getOn(from, sessionId)
    // One that speaks HTTP only becomes a member of the topology by its first word.
    else if (from !== undefined) await this.#heard({ agentId: from })
    return this.#parts.messages.send(request)
  }

  async acknowledgeMessages({ agentId, sessionId, messageIds }: AcknowledgeRequest): Promise<number> {
    const { registry, inbox, delivery } = this.#parts
    registry.getOn(agentId, sessionId)
    const count = await inbox.acknowledge(agentId, messageIds)
    delivery.acknowledged(agentId, messageIds)
    return count
  }

  async inbox({ agentId, after, countMax }: InboxRequest): Promise<readonly InboxRecord[]> {
    this.#parts.registry.get(agentId)
    return this.#parts.inbox.list(agentId, after, countMax)
  }

  async stopWork({ agentId, sessionId }: StopWorkRequest): Promise<null> {
    const { registry } = this.#parts
    const agent = registry.getOn(agentId, sessionId)
    agent.stopWork()
    registry.refresh(agent)
    return null
  }

  async subscribeTopics({ agentId, sessionId, topics }: SubscribeTopicsRequest): Promise<null> {
    this.#parts.registry.getOn(agentId, sessionId)
    this.#parts.subscriptions.set(agentId, topics)
    return null
  }

  async topology(): Promise<TopologyView> {
    return this.#parts.topology.view()
  }

  async messaging(): Promise<Readonly<Record<string, MessageCounts>>> {
    return this.#parts.meter.report()
  }

  propose(request: ProposeRequest): Promise<ProposalRecord> {
    return this.#parts.consensus.propose(request)
  }

  castBallot(request: CastBallotRequest): Promise<ProposalRecord> {
    return this.#parts.consensus.castBallot(request)
  }

  cancelProposal({ proposalId, reason }: CancelProposalRequest): Promise<ProposalRecord> {
    return this.#parts.consensus.cancel(proposalId, reason)
  }

  async consensus({ agentId, sessionId, utterance }: ConsensusRequest): Promise<null> {
    this.#parts.registry.getOn(agentId, sessionId)
    await this.#parts.consensus.hear(agentId, utterance)
    return null
  }

  async leader(): Promise<LeaderState> {
    return this.#parts.consensus.leader()
  }

  startElection({ transferTo }: StartElectionRequest): Promise<LeaderState> {
    return this.#parts.consensus.startElection(transferTo)
  }

  async consensusCounts(): Promise<Readonly<Record<string, number>>> {
    return this.#parts.consensus.counts()
  }

  updateSwarm(request: UpdateSwarmRequest): Promise<SwarmRecord> {
    return this.#parts.settings.update(request)
  }

  async deleteSwarm({ force }: { readonly force: boolean }): Promise<null> {
    const { openTasks, settings, ender, journal } = this.#parts
    const { swarmId } = settings.record
    if (!force && openTasks.size > 0) {
      throw new SwarmError('swarm_not_empty', { swarmId, openTaskCount: openTasks.size })
    }
    await ender.cancelAll('the swarm is deleted')
    this.stop()
    await journal.drop()
    return null
  }

  async monitor(): Promise<MonitorReport> {
    return this.#parts.monitor.report()
  }

  async status(): Promise<SwarmStatus> {
    const { nodeId, epoch } = this.#coordinatorship
    return { coordinatorId: nodeId, epoch }
  }

  #registrationEnded(agentId: AgentId): void {
    const { presence, subscriptions, consensus, registrations } = this.#parts
    subscriptions.delete(agentId)
    if (presence.registrationEnded(agentId)) consensus.detached(agentId)
    registrations.changed(agentId)
  }

  /** A report over the channel is a sign of life; one over a superseded channel is refused. */
  async #heard({
    agentId,
    sessionId,
  }: {
    readonly agentId: AgentId
    readonly sessionId?: SessionId
  }): Promise<void> {
    const { registry, presence } = this.#parts
    const agent = registry.getOn(agentId, sessionId)
    if (sessionId !== undefined) await presence.heard(agent, 'channel')
    else if (agent.session === undefined) await presence.heard(agent, 'http')
  }
}
