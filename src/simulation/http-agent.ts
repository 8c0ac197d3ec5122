import type { HeartbeatReply } from '#domain/agents/agent-service.ts'
import type { Assignment } from '#domain/model/assignment.ts'
import { isSwarmError } from '#domain/model/errors.ts'
import type { SwarmMethod } from '#domain/orchestration/swarm-service.ts'
import type { AgentIdentity, AgentLife, AgentLifeModules } from './agent-life.ts'
import { AgentWork } from './agent-work.ts'
import { httpCall, unanswered } from './http-call.ts'
import { LEASE_MS } from './sim-node.ts'

const WAIT_MS = 1_500
const PAUSE_MAX_MS = 300
const HEARTBEAT_MS = LEASE_MS / 4

/** An agent that only speaks HTTP: it asks for work, each time at any node, and heartbeats for what it holds. */
export class HttpAgent implements AgentLife {
  readonly #identity: AgentIdentity
  readonly #modules: AgentLifeModules
  readonly #work: AgentWork

  constructor(identity: AgentIdentity, modules: AgentLifeModules) {
    this.#identity = identity
    this.#modules = modules
    const report = (method: SwarmMethod, argument: object): Promise<unknown> => this.#call(method, argument)
    this.#work = new AgentWork({ ...identity, accepts: false }, { ...modules, report })
  }

  get isBusy(): boolean {
    return this.#work.count > 0
  }

  start(): void {
    void this.#live()
    this.#heartbeatLater()
  }

  crash(): void {
    const { process, world } = this.#modules
    const { agentId } = this.#identity
    world.trace.note(agentId, 'crashes')
    for (const { taskId, fencingToken } of this.#work.held)
      world.auditor.leases.dropped(agentId, taskId, fencingToken)
    process.kill()
  }

  cutSocket(): void {
    // It has none that lasts.
  }

  async #live(): Promise<void> {
    const { agentId, spec } = this.#identity
    let isRegistered = false
    for (;;) {
      try {
        if (!isRegistered) await this.#call('agents.register', { agentId, spec, isNew: false })
        isRegistered = true
        await this.#askForWork()
      } catch (error) {
        if (!isSwarmError(error)) throw error
        if (error.code === 'agent_not_found') isRegistered = false
      }
      await this.#pause()
    }
  }

  async #askForWork(): Promise<void> {
    const { agentId, spec } = this.#identity
    const countMax = spec.slots - this.#work.count
    if (countMax <= 0) return
    const request = { agentId, countMax, waitMs: WAIT_MS }
    const assignments = await this.#call<readonly Assignment[]>('agents.claim', request, 2 * WAIT_MS)
    for (const assignment of assignments) this.#work.take(assignment)
  }

  #heartbeatLater(): void {
    this.#modules.process.clock.setTimer(HEARTBEAT_MS, () => {
      this.#heartbeatLater()
      if (this.#work.count > 0) void this.#heartbeat()
    })
  }

  async #heartbeat(): Promise<void> {
    const { world } = this.#modules
    const { agentId } = this.#identity
    const { held } = this.#work
    const sentAt = world.clock.now
    world.auditor.leases.spoke(
      agentId,
      held.map(({ taskId }) => taskId),
    )
    try {
      const { kept, lost } = await this.#call<HeartbeatReply>('agents.heartbeat', { agentId, held })
      world.auditor.leases.renewed(
        agentId,
        held.filter(({ taskId }) => kept.includes(taskId)),
        sentAt,
      )
      for (const { taskId, fencingToken } of held)
        if (lost.includes(taskId)) this.#work.drop(taskId, fencingToken)
    } catch (error) {
      if (!isSwarmError(error)) throw error
    }
  }

  #call<T>(method: SwarmMethod, argument: object, timeoutMs?: number): Promise<T> {
    const { world, process, pickNode } = this.#modules
    const node = pickNode()
    if (node === undefined) return Promise.reject(unanswered())
    return httpCall<T>(world, process, node, method, argument, timeoutMs)
  }

  #pause(): Promise<void> {
    const { process, random } = this.#modules
    return new Promise((resolve) => process.clock.setTimer(20 + random.integer(PAUSE_MAX_MS), resolve))
  }
}
