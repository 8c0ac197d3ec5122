import type { Scope, SwarmEpoch } from '#domain/model/ids.ts'
import type { Clock } from '#domain/ports/clock.ts'
import type { Coordination } from '#domain/ports/coordination.ts'
import type { Peers } from '#domain/ports/peers.ts'
import type { ReadyQueue } from '#domain/ports/ready-queue.ts'
import type { StoreLosses } from '#domain/ports/store-losses.ts'
import type { SwarmStore } from '#domain/ports/swarm-store.ts'

/** What a node stands on: the adapters of one technology, opened together and closed together. */
export interface Infra {
  /** The clock that all times in the store are on: the same for all nodes that share it. */
  readonly clock: Clock
  readonly store: SwarmStore
  readonly coordination: Coordination
  readonly peers: Peers
  readonly losses: StoreLosses
  /**
   * Opens the scope's queue for a new coordinatorship, with all that is ready. To be called by the scope's
   * coordinating node alone; what was opened before it gets nothing more.
   */
  readyQueueFor(scope: Scope, epoch: SwarmEpoch): ReadyQueue
  /** Lets what is under way finish, then lets go of everything. Calls after it are refused. */
  close(): Promise<void>
}
