import { SwarmError } from '#domain/model/errors.ts'
import type { StoreLosses } from '#domain/ports/store-losses.ts'

/** The embedded store is verified when it is opened, and nothing can exchange it while it is open. */
export class NoLosses implements StoreLosses {
  onLoss(): void {}

  accept(lostStoreId: string): Promise<void> {
    return Promise.reject(new SwarmError('store_not_lost', { storeId: lostStoreId, lostStoreId: null }))
  }
}
