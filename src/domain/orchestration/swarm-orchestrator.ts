import type { LostDelivery } from '../communication/direct-channel.ts'
import type { Coordinatorship } from '../kernel/coordinatorship.ts'
import { type PatienceModules, repeatWhileUnavailable } from '../kernel/patient-store.ts'
import type { AgentId, NodeId } from '../model/ids.ts'
import type { ReadyQueue } from '../ports/ready-queue.ts'
import type { SwarmStore } from '../ports/swarm-store.ts'
import { recoverAdmission } from './admission-recovery.ts'
import { createSwarmService } from './create-swarm-service.ts'
import type { OrchestratorOptions } from './orchestrator-options.ts'
import { recover } from './recovery.ts'
import type { SwarmModules } from './swarm-modules.ts'
import { createSwarmParts, type SwarmParts } from './swarm-parts.ts'
import type { SwarmService } from './swarm-service.ts'

/**
 * One swarm on its coordinating node: the façade over all that decides. It knows nothing that the records do not
 * tell, so that after a crash another node builds the same from them.
 */
export class SwarmOrchestrator {
  /** What can be asked of the swarm. */
  readonly service: SwarmService
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
    this.service = createSwarmService(coordinatorship, this.#parts, () => this.stop())
    this.#parts.registry.onRegistrationEnd((agentId) => this.#registrationEnded(agentId))
  }

  get openTaskCount(): number {
    return this.#parts.openTasks.size
  }

  /** Rebuilds the memory from the records, then begins to distribute. Resolves when requests can be taken. */
  async start(patience: PatienceModules): Promise<void> {
    const { events } = this.#modules
    const parts = this.#parts
    const stops = parts.projections.map((projection) => events.feed(projection))
    this.#stopReading = () => {
      for (const stop of stops) stop()
    }
    await recoverAdmission({ ...parts, store: this.#store })
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
    await parts.memory.recover()
    await parts.patterns.recover()
    await parts.rounds.recover()
    for (const agent of parts.registry.agents) void parts.presence.removeIfLeaving(agent)
    for (const taskId of blocked) void parts.ender.lookAtDependencies(taskId)
    for (const { taskId, parentTaskId } of orphans) void parts.ender.cancelIfParentWas(taskId, parentTaskId)
    for (const projection of parts.projections) void projection.catchUp?.()
    this.#queue.onReady(() => parts.distributor.wake())
    parts.retention.start()
    await parts.schedules.recover()
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
    const {
      distributor,
      retention,
      presence,
      claims,
      deadlines,
      leases,
      breakers,
      consensus,
      memory,
      patterns,
      reminders,
    } = this.#parts
    claims.drain()
    const timed = [distributor, retention, presence, leases, breakers, consensus, memory, patterns, reminders]
    for (const part of timed) part.stop()
    deadlines.clear()
    this.#parts.schedules.stop()
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

  #registrationEnded(agentId: AgentId): void {
    const { presence, subscriptions, consensus, registrations } = this.#parts
    subscriptions.delete(agentId)
    if (presence.registrationEnded(agentId)) consensus.detached(agentId)
    registrations.changed(agentId)
  }
}
