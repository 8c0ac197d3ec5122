import type { AgentSpec } from '#domain/model/agent-record.ts'
import type { HeldTask } from '#domain/model/assignment.ts'
import type { AgentId, TaskId } from '#domain/model/ids.ts'
import type { ResourceAmounts } from '#domain/model/task-record.ts'
import type { Disturbances } from './disturbances.ts'
import type { SimClock } from './sim-clock.ts'

/** The limits of the lease: how long a silent agent, a closed channel and a dead node may hold work up. */
const LEASE_MS = 4_000
const SLACK_MS = 1_000
const CLOSED_MS = 2_000
const NODE_LOST_MS = 2_000
const TAKEOVER_MS = 1_000

export interface AuditedLease {
  readonly taskId: TaskId
  readonly agentId: AgentId
  readonly token: number
  readonly timeoutMs: number
  readonly resources: ResourceAmounts
}

interface TimedLease extends AuditedLease {
  readonly beganAt: number
  /** When the agent last sent something that could renew it. */
  spokenAt: number
  /** When the agent sent the newest renewal that was confirmed. */
  confirmedAt: number
}

interface AuditedAgent {
  readonly spec: AgentSpec
  /** What it works on, by the token it was given. */
  readonly working: Map<TaskId, number>
  attachingAt: number
  attachedAt: number
}

export interface LeaseAuditModules {
  readonly clock: SimClock
  readonly disturbances: Disturbances
  /** Where they are, how long an attempt took over a takeover is known to one lease only. */
  readonly areWallClocksSet: boolean
  fail(promise: string, about: string): void
}

/** Watches the leases from outside: who was heard when, and whether each ended neither too early nor too late. */
export class LeaseAudit {
  readonly #modules: LeaseAuditModules
  readonly #leases = new Map<TaskId, TimedLease>()
  readonly #agents = new Map<AgentId, AuditedAgent>()
  #coordinatorSince = 0
  readonly #takeovers: number[] = []

  constructor(modules: LeaseAuditModules) {
    this.#modules = modules
  }

  knows(agentId: AgentId, spec: AgentSpec): void {
    this.#agents.set(agentId, { spec, working: new Map(), attachingAt: 0, attachedAt: -1 })
  }

  /** The store lost its tail: leases are what the log says now, and began anew. */
  forget(): void {
    this.#leases.clear()
  }

  coordinatorChanged(): void {
    this.#coordinatorSince = this.#modules.clock.now
    this.#takeovers.push(this.#coordinatorSince)
  }

  begin(lease: AuditedLease): void {
    const { now } = this.#modules.clock
    this.#leases.set(lease.taskId, { ...lease, beganAt: now, spokenAt: now, confirmedAt: now })
  }

  /** @param cause the failure's code where the swarm ended it */
  end(taskId: TaskId, cause: string | undefined): void {
    const lease = this.#leases.get(taskId)
    this.#leases.delete(taskId)
    if (lease === undefined) return
    this.#refuseLate(lease)
    this.#refuseOverlong(lease)
    if (cause === 'lease_expired') this.#refuseEarly(lease, lease.confirmedAt + LEASE_MS, cause)
    if (cause === 'timeout')
      this.#refuseEarly(lease, lease.beganAt + lease.timeoutMs - this.#unknownMs(lease), cause)
  }

  spoke(agentId: AgentId, taskIds: readonly TaskId[]): void {
    for (const taskId of taskIds) {
      const lease = this.#leases.get(taskId)
      if (lease?.agentId === agentId) lease.spokenAt = this.#modules.clock.now
    }
  }

  renewed(agentId: AgentId, kept: readonly HeldTask[], sentAt: number): void {
    for (const { taskId, fencingToken } of kept) {
      const lease = this.#leases.get(taskId)
      if (lease?.agentId !== agentId || lease.token !== fencingToken) continue
      lease.confirmedAt = Math.max(lease.confirmedAt, sentAt)
    }
  }

  attaching(agentId: AgentId): void {
    this.#agent(agentId).attachingAt = this.#modules.clock.now
  }

  attached(agentId: AgentId): void {
    this.#agent(agentId).attachedAt = this.#modules.clock.now
  }

  /** The agent closes its channel: unless it comes back its tasks go to others. */
  closed(agentId: AgentId): void {
    const { clock, disturbances, fail } = this.#modules
    const closedAt = clock.now
    const agent = this.#agent(agentId)
    const { attachedAt } = agent
    if (attachedAt <= this.#coordinatorSince) return
    const held = [...this.#leases.values()].filter((lease) => lease.agentId === agentId)
    clock.setTimer(CLOSED_MS, () => {
      const isBack = agent.attachingAt > attachedAt && agent.attachingAt >= closedAt
      if (isBack || !disturbances.isCalm(closedAt, clock.now)) return
      if (disturbances.lastDeath(closedAt, clock.now) !== undefined) return
      for (const lease of held) {
        if (this.#leases.get(lease.taskId) === lease)
          fail(
            `${agentId} closed its channel at ${closedAt} ms and still holds ${lease.taskId}`,
            lease.taskId,
          )
      }
    })
  }

  delivered(agentId: AgentId, taskId: TaskId, token: number): void {
    const { spec, working } = this.#agent(agentId)
    working.set(taskId, token)
    const held = [...working].flatMap(([id, own]) => {
      const lease = this.#leases.get(id)
      return lease?.token === own && lease.agentId === agentId ? [lease] : []
    })
    if (held.length > spec.slots)
      this.#modules.fail(`${agentId} was given ${held.length} tasks for ${spec.slots} slots`, agentId)
    for (const name of new Set(held.flatMap(({ resources }) => Object.keys(resources)))) {
      const used = held.reduce((sum, { resources }) => sum + (resources[name] ?? 0), 0)
      if (used > (spec.resources[name] ?? 0))
        this.#modules.fail(`${agentId} was given ${used} of its ${name}`, agentId)
    }
  }

  dropped(agentId: AgentId, taskId: TaskId, token: number): void {
    const { working } = this.#agent(agentId)
    if (working.get(taskId) === token) working.delete(taskId)
  }

  #refuseLate(lease: TimedLease): void {
    const { clock, disturbances, fail } = this.#modules
    const { taskId, agentId, spokenAt } = lease
    if (!disturbances.isCalm(spokenAt, clock.now)) return
    const diedAt = disturbances.lastDeath(spokenAt, clock.now)
    const limit = Math.max(spokenAt, diedAt === undefined ? 0 : diedAt + NODE_LOST_MS) + LEASE_MS + SLACK_MS
    if (clock.now > limit)
      fail(`${agentId} was silent since ${spokenAt} ms and held ${taskId} until ${clock.now} ms`, taskId)
  }

  /** Nothing extends an attempt past its time: not a takeover either, but for what is not known of one. */
  #refuseOverlong(lease: TimedLease): void {
    const { clock, disturbances, fail } = this.#modules
    const { taskId, beganAt, timeoutMs } = lease
    if (!disturbances.isCalmButForRestarts(beganAt, clock.now)) return
    const restartedAt = disturbances.lastRestart(beganAt, clock.now)
    const backAt = restartedAt === undefined ? 0 : restartedAt + NODE_LOST_MS + TAKEOVER_MS
    const limit = Math.max(beganAt + timeoutMs + this.#unknownMs(lease), backAt) + SLACK_MS
    if (clock.now > limit)
      fail(`${taskId} may take ${timeoutMs} ms and was held for ${clock.now - beganAt} ms`, taskId)
  }

  #unknownMs({ beganAt }: TimedLease): number {
    if (!this.#modules.areWallClocksSet) return 0
    return this.#takeovers.filter((at) => at > beganAt).length * (LEASE_MS + NODE_LOST_MS + TAKEOVER_MS)
  }

  #refuseEarly({ taskId, agentId, confirmedAt, beganAt }: TimedLease, earliest: number, cause: string): void {
    const { clock, disturbances, fail } = this.#modules
    const isUndisturbed =
      disturbances.isCalm(beganAt, clock.now) && disturbances.lastDeath(beganAt, clock.now) === undefined
    if (isUndisturbed && clock.now < earliest)
      fail(
        `${taskId} ended by ${cause} at ${clock.now} ms, though ${agentId} was heard at ${confirmedAt} ms`,
        taskId,
      )
  }

  #agent(agentId: AgentId): AuditedAgent {
    const agent = this.#agents.get(agentId)
    if (agent === undefined) throw new Error(`the audit does not know ${agentId}`)
    return agent
  }
}
