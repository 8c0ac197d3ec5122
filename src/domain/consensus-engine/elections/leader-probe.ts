import type { AgentRegistry } from '../../agents/agent-registry.ts'
import type { DirectChannel } from '../../communication/direct-channel.ts'
import type { Reminders } from '../../kernel/reminders.ts'
import type { AgentId } from '../../model/ids.ts'

export interface LeaderProbeModules {
  readonly registry: AgentRegistry
  readonly channel: DirectChannel
  readonly reminders: Reminders
  /** The leader, where the hub votes for it and it is connected. */
  hostedLeader(): AgentId | undefined
  /** The process of the agent does not answer, though its connection is open. */
  froze(agentId: AgentId): void
  /** A frozen agent answers again. */
  thawed(agentId: AgentId): void
}

/** Pause between two probes of one agent, in milliseconds. */
const PROBE_EVERY_MS = 100
/** How long an agent may take for an answer, in milliseconds. */
const ANSWER_WITHIN_MS = 500

/**
 * Sees to it that a hosted voter leads only while the process of its agent answers. The voter runs at the hub and is
 * well when the agent hangs, so that no other voter would notice. The connection of the leader is probed, and that of an
 * agent that was found frozen until it answers again; an agent that speaks HTTP has no connection to probe.
 */
export class LeaderProbe {
  readonly #modules: LeaderProbeModules
  readonly #probed = new Set<AgentId>()
  readonly #frozen = new Set<AgentId>()

  constructor(modules: LeaderProbeModules) {
    this.#modules = modules
  }

  isFrozen(agentId: AgentId): boolean {
    return this.#frozen.has(agentId)
  }

  /** The leader may be another one now. */
  look(): void {
    const leaderId = this.#modules.hostedLeader()
    if (leaderId !== undefined) void this.#probe(leaderId)
  }

  /** The connection of the agent ended; another one is probed when it leads again. */
  forget(agentId: AgentId): void {
    this.#frozen.delete(agentId)
  }

  async #probe(agentId: AgentId): Promise<void> {
    const { registry, channel, reminders, hostedLeader } = this.#modules
    if (this.#probed.has(agentId)) return
    const isDue = (): boolean => hostedLeader() === agentId || this.#frozen.has(agentId)
    this.#probed.add(agentId)
    while (isDue()) {
      const session = registry.find(agentId)?.session
      if (session === undefined) break
      const answers = await channel.probe(session, ANSWER_WITHIN_MS)
      // An answer says nothing of a newer connection.
      if (registry.find(agentId)?.session === session) this.#note(agentId, answers)
      await new Promise<void>((resolve) => reminders.set(PROBE_EVERY_MS, resolve))
    }
    this.#probed.delete(agentId)
  }

  #note(agentId: AgentId, answers: boolean): void {
    const { froze, thawed } = this.#modules
    if (answers && this.#frozen.delete(agentId)) thawed(agentId)
    if (answers || this.#frozen.has(agentId)) return
    this.#frozen.add(agentId)
    froze(agentId)
  }
}
