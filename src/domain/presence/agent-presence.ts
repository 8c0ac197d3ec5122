import type { AgentRegistry } from '../agents/agent-registry.ts'
import type {
  AttachReply,
  AttachRequest,
  DetachRequest,
  HeartbeatReply,
  HeartbeatRequest,
} from '../agents/agent-service.ts'
import type { AgentState } from '../agents/agent-state.ts'
import type { DirectChannel, LostDelivery } from '../communication/direct-channel.ts'
import type { Reminders } from '../kernel/reminders.ts'
import { type AgentRecord, type AgentTransport, drainingStatus } from '../model/agent-record.ts'
import type { HeldTask } from '../model/assignment.ts'
import { isSwarmError } from '../model/errors.ts'
import type { AgentId, NodeId, TaskId } from '../model/ids.ts'
import type { TaskRecord } from '../model/task-record.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { LeaseKeeper } from '../tasks/lease-keeper.ts'
import type { LeaseRecords } from '../tasks/lease-records.ts'
import type { EndedLease } from '../tasks/task-aftermath.ts'
import type { TaskEnder } from '../tasks/task-ender.ts'
import { FailureDetector } from './failure-detector.ts'

export interface AgentPresenceOptions {
  readonly reconnectGraceMs: number
  leaseMs(): number
}

export interface AgentPresenceModules {
  readonly registry: AgentRegistry
  readonly leases: LeaseKeeper
  readonly leaseRecords: LeaseRecords
  readonly ender: TaskEnder
  readonly channel: DirectChannel
  readonly reminders: Reminders
  readonly clock: Clock
  readonly logger: Logger
}

/** Pause before another try where the store refused, in milliseconds. */
const TRY_AGAIN_MS = 500

/** Who is here: channels that open and close, heartbeats, HTTP claims, and what becomes of the work of those who leave. */
export class AgentPresence {
  readonly #options: AgentPresenceOptions
  readonly #modules: AgentPresenceModules
  readonly #detector: FailureDetector

  constructor(options: AgentPresenceOptions, modules: AgentPresenceModules) {
    this.#options = options
    this.#modules = modules
    this.#detector = new FailureDetector(options, {
      clock: modules.clock,
      onSuspect: (agentId) => this.#writeStatus(agentId, 'suspect'),
      onGone: (agentId) => this.#gone(agentId),
    })
  }

  stop(): void {
    this.#detector.stop()
  }

  /** An agent found in the store at a start or takeover: it has a whole lease to show itself. */
  expect(state: AgentState): void {
    if (state.record.status !== 'offline') this.#detector.awaited(state.agentId)
  }

  async attach(request: AttachRequest): Promise<AttachReply> {
    const { agentId, tokenHash, nodeId, sessionId, held } = request
    const { registry, channel } = this.#modules
    const state = registry.get(agentId)
    state.refuseOldToken(tokenHash)
    state.noteConnection(request.connection)
    const earlier = state.session
    const kept = this.#renew(agentId, held)
    if (earlier?.sessionId !== sessionId) {
      state.session = { nodeId, sessionId }
      if (earlier !== undefined) channel.send(earlier, { type: 'superseded', epoch: state.record.epoch + 1 })
      // Before anything is awaited: what is assigned from now on goes to this session and cannot be in `held`.
      this.#takeBackUnknown(state, held)
      state.isLossItsOwn = true
    }
    this.#detector.heard(agentId)
    const record = await registry.change(
      agentId,
      'agent.online',
      (before) => present(before, 'channel', true),
      { nodeId },
    )
    const lost = held.map(({ taskId }) => taskId).filter((taskId) => !kept.includes(taskId))
    return { agent: record, epoch: record.epoch, leaseMs: this.#options.leaseMs(), kept, lost }
  }

  detach({ agentId, sessionId, closedBy }: DetachRequest): void {
    const { registry } = this.#modules
    const state = registry.find(agentId)
    if (state?.session?.sessionId !== sessionId) return
    state.session = undefined
    registry.refresh(state)
    if (closedBy === 'agent') {
      this.#detector.closed(agentId)
      return
    }
    state.isLossItsOwn = false
    this.#detector.awaited(agentId)
  }

  /** A node is gone, and with it the connections it held: through no fault of the agents, who will come back. */
  nodeLost(nodeId: NodeId): void {
    for (const { agentId, session } of this.#modules.registry.agents) {
      if (session?.nodeId === nodeId)
        this.detach({ agentId, sessionId: session.sessionId, closedBy: 'server' })
    }
  }

  /** What these agents were sent did not reach their node. What they were given comes back at once. */
  deliveriesLost(agents: readonly AgentState[], lost: readonly LostDelivery[]): void {
    const { leases, ender } = this.#modules
    for (const { agentId, session } of agents)
      if (session !== undefined) this.detach({ agentId, sessionId: session.sessionId, closedBy: 'server' })
    for (const { delivery } of lost) {
      if (delivery.type !== 'assigned') continue
      const { taskId, fencingToken } = delivery.assignment
      const lease = leases.leaseOf(taskId)
      if (lease?.fencingToken === fencingToken)
        void ender.takeBack(taskId, lease, "the assignment did not reach the agent's node")
    }
  }

  async heartbeat({ agentId, sessionId, held }: HeartbeatRequest): Promise<HeartbeatReply> {
    const { registry, leases } = this.#modules
    const state = registry.getOn(agentId, sessionId)
    // A heartbeat beside an agent's channel says nothing about the channel that delivers its work.
    const counts = sessionId !== undefined || state.session === undefined
    const transport: AgentTransport = state.session === undefined ? 'http' : 'channel'
    if (counts) await this.heard(state, transport)
    const kept = counts
      ? this.#renew(agentId, held)
      : held
          .filter(({ taskId, fencingToken }) => leases.leaseOf(taskId)?.fencingToken === fencingToken)
          .map(toId)
    const lost = held.map(toId).filter((taskId) => !kept.includes(taskId))
    return { kept, lost, leaseMs: this.#options.leaseMs(), transport }
  }

  /** A sign of life that came the way the agent's work goes. */
  async heard(state: AgentState, transport: AgentTransport): Promise<void> {
    this.#detector.heard(state.agentId)
    const { status, transport: before } = state.record
    if (before === transport && (status === 'online' || status === 'draining')) return
    await this.#modules.registry.change(state.agentId, 'agent.online', (record) =>
      present(record, transport, false),
    )
  }

  /** Drains the agent, and removes it as soon as it holds nothing. */
  async leave(agentId: AgentId): Promise<AgentRecord> {
    const { registry, channel } = this.#modules
    const state = registry.get(agentId)
    const record = await registry.change(agentId, 'agent.draining', (before) => ({
      ...before,
      status: drainingStatus(before),
      isDraining: true,
      isLeaving: true,
    }))
    if (state.session !== undefined)
      channel.send(state.session, { type: 'drain', reason: 'the agent was deregistered' })
    if (state.heldCount === 0) await this.removeIfLeaving(state)
    return record
  }

  /**
   * The agent was registered anew: what is open under its earlier registration is not the agent's any more.
   *
   * @returns whether it had a channel
   */
  registrationEnded(agentId: AgentId): boolean {
    const { registry } = this.#modules
    const state = registry.find(agentId)
    state?.claim?.end()
    if (state?.session === undefined) return false
    state.session = undefined
    registry.refresh(state)
    this.#detector.closed(agentId)
    return true
  }

  async removeIfLeaving(state: AgentState): Promise<void> {
    const { registry, reminders, logger } = this.#modules
    if (!state.record.isLeaving || state.heldCount > 0) return
    try {
      if (!(await registry.removeLeaving(state))) return
      if (registry.find(state.agentId) === undefined) this.#detector.forget(state.agentId)
      state.claim?.end()
    } catch (error) {
      logger.warn({ error, agentId: state.agentId }, 'agent not removed')
      if (isSwarmError(error, 'store_unavailable'))
        reminders.set(TRY_AGAIN_MS, () => void this.removeIfLeaving(state))
    }
  }

  /** Tells the agent that a task is no longer its own. */
  tellRevoked({ taskId }: TaskRecord, lease: EndedLease, type: 'revoked' | 'canceled', reason: string): void {
    const { registry, channel } = this.#modules
    const session = registry.find(lease.agentId)?.session
    if (session !== undefined)
      channel.send(session, { type, held: { taskId, fencingToken: lease.fencingToken }, reason })
  }

  #renew(agentId: AgentId, held: readonly HeldTask[]): readonly TaskId[] {
    const { leases, leaseRecords } = this.#modules
    const kept = held.filter(({ taskId, fencingToken }) => leases.renew(taskId, agentId, fencingToken))
    leaseRecords.renewed(kept)
    return kept.map(toId)
  }

  /** What the agent was given and does not know of never reached it, or went down with its process. */
  #takeBackUnknown(state: AgentState, held: readonly HeldTask[]): void {
    const { leases, ender } = this.#modules
    const known = new Set(held.map(toId))
    for (const taskId of state.heldTasks()) {
      const lease = leases.leaseOf(taskId)
      if (known.has(taskId) || lease?.agentId !== state.agentId) continue
      if (state.isLossItsOwn) void ender.expire(taskId, lease, 'agent_lost')
      else void ender.takeBack(taskId, lease, 'the agent came back without it')
    }
  }

  #gone(agentId: AgentId): void {
    const { registry, leases, ender } = this.#modules
    const state = registry.find(agentId)
    if (state === undefined) return
    if (state.claim !== undefined) {
      // Waiting for an answer of ours is a sign of life.
      this.#detector.heard(agentId)
      return
    }
    this.#writeStatus(agentId, 'offline')
    if (state.session !== undefined || !state.isLossItsOwn) return
    for (const taskId of state.heldTasks()) {
      const lease = leases.leaseOf(taskId)
      if (lease?.agentId === agentId) void ender.expire(taskId, lease, 'agent_lost')
    }
  }

  #writeStatus(agentId: AgentId, status: 'suspect' | 'offline'): void {
    const { registry, reminders, logger } = this.#modules
    const state = registry.find(agentId)
    if (state === undefined || state.claim !== undefined) return
    registry
      .change(agentId, `agent.${status}`, (record) => absent(record, status))
      .catch((error: unknown) => {
        logger.warn({ error, agentId }, 'agent status not written')
        // Nothing else would ever say so, and the agent would go on being given work.
        if (status !== 'offline' || !isSwarmError(error, 'store_unavailable')) return
        reminders.set(TRY_AGAIN_MS, () => {
          if (!this.#detector.isWatching(agentId)) this.#writeStatus(agentId, status)
        })
      })
  }
}

function present(record: AgentRecord, transport: AgentTransport, isNewChannel: boolean): AgentRecord {
  return {
    ...record,
    status: record.isDraining ? 'draining' : 'online',
    transport,
    epoch: record.epoch + (isNewChannel ? 1 : 0),
  }
}

function absent(record: AgentRecord, status: 'suspect' | 'offline'): AgentRecord {
  // A draining agent gets nothing new anyway. An offline one comes back by a sign of life only, never by a silence.
  if (status === 'suspect' && (record.isDraining || record.status === 'offline')) return record
  return { ...record, status }
}

function toId({ taskId }: HeldTask): TaskId {
  return taskId
}
