import { TimerQueue } from '../kernel/timer-queue.ts'
import type { AgentId } from '../model/ids.ts'
import type { Clock } from '../ports/clock.ts'

export interface FailureDetectorOptions {
  readonly reconnectGraceMs: number
  /** Read at each use, since a swarm's lease can be changed. */
  leaseMs(): number
}

export interface FailureDetectorModules {
  readonly clock: Clock
  /** Half a lease of silence, or its channel closed. */
  onSuspect(agentId: AgentId): void
  /** A whole lease of silence, or the grace period after its channel closed is over. */
  onGone(agentId: AgentId): void
}

type Suspicion = 'none' | 'silent' | 'closed'

/** Tells which agents are alive by when they were last heard, on the monotonic clock. */
export class FailureDetector {
  readonly #options: FailureDetectorOptions
  readonly #modules: FailureDetectorModules
  readonly #suspicions = new Map<AgentId, Suspicion>()
  readonly #alarms: TimerQueue<AgentId>

  constructor(options: FailureDetectorOptions, modules: FailureDetectorModules) {
    this.#options = options
    this.#modules = modules
    this.#alarms = new TimerQueue((agentId) => this.#onAlarm(agentId), modules)
  }

  /** A sign of life over the channel that delivers the agent's work. */
  heard(agentId: AgentId): void {
    this.#suspicions.set(agentId, 'none')
    this.#alarms.set(agentId, this.#options.leaseMs() / 2)
  }

  /** The agent's side closed its channel. */
  closed(agentId: AgentId): void {
    this.#suspicions.set(agentId, 'closed')
    this.#alarms.delete(agentId)
    this.#alarms.set(agentId, this.#options.reconnectGraceMs)
    this.#modules.onSuspect(agentId)
  }

  /** Our side closed its channel, or it has not been heard by this coordinatorship: it has a whole lease to return. */
  awaited(agentId: AgentId): void {
    this.#suspicions.set(agentId, 'silent')
    this.#alarms.set(agentId, this.#options.leaseMs())
  }

  /** False once the agent is gone, until it is heard again. */
  isWatching(agentId: AgentId): boolean {
    return this.#suspicions.has(agentId)
  }

  forget(agentId: AgentId): void {
    this.#suspicions.delete(agentId)
    this.#alarms.delete(agentId)
  }

  stop(): void {
    this.#alarms.clear()
    this.#suspicions.clear()
  }

  #onAlarm(agentId: AgentId): void {
    if (this.#suspicions.get(agentId) !== 'none') {
      this.#suspicions.delete(agentId)
      this.#modules.onGone(agentId)
      return
    }
    this.#suspicions.set(agentId, 'silent')
    this.#alarms.set(agentId, this.#options.leaseMs() / 2)
    this.#modules.onSuspect(agentId)
  }
}
