import { SwarmError } from '#domain/model/errors.ts'
import { type NodeId, type Scope, type SwarmEpoch, swarmEpoch } from '#domain/model/ids.ts'
import type { Clock } from '#domain/ports/clock.ts'
import type { ClaimOutcome, Coordination } from '#domain/ports/coordination.ts'
import { newestEpochAfter } from '#infra/embedded/swarm-epochs.ts'
import type { MemoryMedium } from './memory-medium.ts'

export interface MemoryCoordinationModules {
  readonly medium: MemoryMedium
  readonly clock: Clock
}

/** How long a dead node's claims stand. */
const CLAIM_LAPSES_AFTER_MS = 2_000

/** Claims of the nodes that share a medium. A node is alive until the test says it died. */
export class MemoryCoordination implements Coordination {
  readonly nodeId: NodeId
  readonly #modules: MemoryCoordinationModules
  readonly #claimed = new Set<Scope>()
  readonly #endSubscription: () => void
  #isDead = false
  #listener: (scope: Scope) => void = () => undefined

  constructor(nodeId: NodeId, modules: MemoryCoordinationModules) {
    this.nodeId = nodeId
    this.#modules = modules
    this.#endSubscription = modules.medium.onLoss(() => this.#loseAll())
  }

  async claim(scope: Scope, sequenceFloor: number): Promise<ClaimOutcome> {
    const { medium, clock } = this.#modules
    // What a dead node still does reaches nobody.
    if (this.#isDead)
      throw new SwarmError('store_unavailable', { reason: 'the node is dead', retryAfterMs: 1_000 })
    const kept = medium.scope(scope)
    if (kept.holder !== undefined && kept.holder !== this.nodeId) {
      return { isHeld: false, coordinatorId: kept.holder }
    }
    kept.holder = this.nodeId
    kept.epoch = newestEpochAfter(kept.epoch, clock.now())
    kept.lastSequence = Math.max(kept.lastSequence, sequenceFloor)
    this.#claimed.add(scope)
    return { isHeld: true, epoch: swarmEpoch(kept.epoch) }
  }

  async coordinatorOf(scope: Scope): Promise<NodeId | undefined> {
    return this.#modules.medium.scope(scope).holder
  }

  async coordinatorsOf(scopes: readonly Scope[]): Promise<readonly (NodeId | undefined)[]> {
    return scopes.map((scope) => this.#modules.medium.scope(scope).holder)
  }

  holds(scope: Scope, epoch: SwarmEpoch): boolean {
    return this.#claimed.has(scope) && this.#modules.medium.scope(scope).epoch === epoch
  }

  async release(scope: Scope, successor?: NodeId): Promise<void> {
    this.#claimed.delete(scope)
    const kept = this.#modules.medium.scope(scope)
    if (kept.holder !== this.nodeId) return
    kept.holder = successor
    if (successor === undefined) return
    const { epoch } = kept
    // One that does not take it up loses it.
    this.#modules.clock.setTimer(CLAIM_LAPSES_AFTER_MS, () => {
      if (kept.epoch === epoch && kept.holder === successor) kept.holder = undefined
    })
  }

  onLost(listener: (scope: Scope) => void): void {
    this.#listener = listener
  }

  /** The node died without a word: its claims lapse after a while, and it is told nothing. */
  die(): void {
    this.#isDead = true
    const claimed = [...this.#claimed]
    this.#claimed.clear()
    this.#endSubscription()
    this.#modules.clock.setTimer(CLAIM_LAPSES_AFTER_MS, () => {
      for (const scope of claimed) {
        const kept = this.#modules.medium.scope(scope)
        if (kept.holder === this.nodeId) kept.holder = undefined
      }
    })
  }

  /** The node stops in good order: its claims end at once. */
  async close(): Promise<void> {
    this.#endSubscription()
    for (const scope of this.#claimed) await this.release(scope)
  }

  /** Ends one claim from outside, as a missed renewal does. */
  lose(scope: Scope): void {
    if (!this.#claimed.delete(scope)) return
    const kept = this.#modules.medium.scope(scope)
    if (kept.holder === this.nodeId) kept.holder = undefined
    this.#listener(scope)
  }

  #loseAll(): void {
    const claimed = [...this.#claimed]
    this.#claimed.clear()
    for (const scope of claimed) this.#listener(scope)
  }
}
