import type { NodeId, Scope, SwarmEpoch } from '../model/ids.ts'
import type { StoreLoss } from './swarm-store.ts'

export type ClaimOutcome =
  | {
      readonly isHeld: true
      readonly epoch: SwarmEpoch
      /** The loss of the store that an operator has accepted since the scope was last claimed. */
      readonly acceptedLoss?: StoreLoss
    }
  | { readonly isHeld: false; readonly coordinatorId: NodeId }

/**
 * Who coordinates which swarm: one node at a time, kept by renewals that the adapter makes by itself.
 *
 * A claim that succeeds raises the scope's epoch, durably, before it resolves: to one more than before or to the
 * seconds since 2026, whichever is more, so that an epoch forgotten with a lost tail is not given again. From then
 * on the store refuses every older epoch. A claim that could not be renewed in time stands on, under its epoch, unless
 * another node was faster. It ends when the store lost its memory (Redis restarted), since what the coordinator
 * remembers may then be more than what the store does.
 *
 * Every adapter must pass `test/contract/coordination.contract.ts`.
 */
export interface Coordination {
  readonly nodeId: NodeId
  /**
   * @param sequenceFloor the newest event number this node has seen of the scope; the log goes on above it even
   *   where the store has forgotten it.
   */
  claim(scope: Scope, sequenceFloor: number): Promise<ClaimOutcome>
  /** The node that coordinates the scope now, undefined where none does. */
  coordinatorOf(scope: Scope): Promise<NodeId | undefined>
  /** The same for many scopes, place by place. */
  coordinatorsOf(scopes: readonly Scope[]): Promise<readonly (NodeId | undefined)[]>
  /** Whether this node's claim of that epoch has neither ended nor been released, as far as the node knows. */
  holds(scope: Scope, epoch: SwarmEpoch): boolean
  /**
   * Gives a claim up at once, so that another node can take over without waiting for it to lapse. Where a successor is
   * named, no other node can claim the scope until the successor has, or has let the time of a claim pass.
   */
  release(scope: Scope, successor?: NodeId): Promise<void>
  /** Called when a claim of this node ended without `release`. */
  onLost(listener: (scope: Scope) => void): void
}
