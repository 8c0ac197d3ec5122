import type { Scope, SwarmEpoch } from '#domain/ids.ts'
import type { Coordination } from '#domain/ports/coordination.ts'
import type { Peers } from '#domain/ports/peers.ts'
import type { ReadyQueue } from '#domain/ports/ready-queue.ts'
import type { SwarmStore } from '#domain/ports/swarm-store.ts'

/** What a node stands on: the adapters of one technology, opened together and closed together. */
export interface Infra {
  readonly store: SwarmStore
  readonly coordination: Coordination
  readonly peers: Peers
  /**
   * Opens the scope's queue for a new coordinatorship, with all that is ready. To be called by the scope's
   * coordinating node alone; what was opened before it gets nothing more.
   */
  readyQueueFor(scope: Scope, epoch: SwarmEpoch): ReadyQueue
  /** Lets what is under way finish, then lets go of everything. Calls after it are refused. */
  close(): Promise<void>
}
