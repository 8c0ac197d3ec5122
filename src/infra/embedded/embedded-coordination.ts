import type { NodeId, Scope, SwarmEpoch } from '#domain/model/ids.ts'
import type { Clock } from '#domain/ports/clock.ts'
import type { ClaimOutcome, Coordination } from '#domain/ports/coordination.ts'
import type { LmdbSwarmStore } from './lmdb-swarm-store.ts'

export interface EmbeddedCoordinationModules {
  readonly store: Pick<LmdbSwarmStore, 'claim'>
  readonly clock: Clock
}

/** Coordination where there is one node: every claim succeeds, and none is ever lost. */
export class EmbeddedCoordination implements Coordination {
  readonly nodeId: NodeId
  readonly #modules: EmbeddedCoordinationModules
  readonly #claimed = new Map<Scope, SwarmEpoch>()

  constructor(nodeId: NodeId, modules: EmbeddedCoordinationModules) {
    this.nodeId = nodeId
    this.#modules = modules
  }

  async claim(scope: Scope, sequenceFloor: number): Promise<ClaimOutcome> {
    const { store, clock } = this.#modules
    const epoch = await store.claim(scope, sequenceFloor, clock.now())
    this.#claimed.set(scope, epoch)
    return { isHeld: true, epoch }
  }

  async coordinatorOf(scope: Scope): Promise<NodeId | undefined> {
    return this.#claimed.has(scope) ? this.nodeId : undefined
  }

  async coordinatorsOf(scopes: readonly Scope[]): Promise<readonly (NodeId | undefined)[]> {
    return scopes.map((scope) => (this.#claimed.has(scope) ? this.nodeId : undefined))
  }

  holds(scope: Scope, epoch: SwarmEpoch): boolean {
    return this.#claimed.get(scope) === epoch
  }

  async release(scope: Scope): Promise<void> {
    this.#claimed.delete(scope)
  }

  onLost(): void {}
}
