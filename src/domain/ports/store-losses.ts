import type { StoreLoss } from './swarm-store.ts'

/**
 * Whether the store is still what it was: not emptied, replaced or set back behind the server's back.
 */
export interface StoreLosses {
  /** The listener is called when a loss was found, and with undefined when the store may be used again. */
  onLoss(listener: (loss: StoreLoss | undefined) => void): void
  /**
   * Goes on with what the store has now, on behalf of an operator.
   *
   * @throws SwarmError `store_not_lost` unless that store is lost; `store_unavailable`
   */
  accept(lostStoreId: string): Promise<void>
}
