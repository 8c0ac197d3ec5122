import type { FastifyInstance } from 'fastify'
import { SYSTEM_OPERATIONS } from '#contract/operations/system-operations.ts'
import type { StoreView } from '#contract/store.ts'
import type { StoreLosses } from '#domain/ports/store-losses.ts'
import type { SwarmStore } from '#domain/ports/swarm-store.ts'
import { wireTime } from '../views/wire-time.ts'
import { routeOperation } from './route-operation.ts'

export interface StoreRoutesModules {
  readonly store: Pick<SwarmStore, 'status'>
  readonly losses: Pick<StoreLosses, 'accept'>
}

export function storeRoutes(app: FastifyInstance, { store, losses }: StoreRoutesModules): void {
  const { getStore, acceptStoreLoss } = SYSTEM_OPERATIONS

  routeOperation(app, getStore, async (): Promise<StoreView> => storeView(store))

  routeOperation(app, acceptStoreLoss, async ({ body }): Promise<StoreView> => {
    await losses.accept(body.lostStoreId)
    return storeView(store)
  })
}

function storeView(store: Pick<SwarmStore, 'status'>): StoreView {
  const { isWritable, reason, durability, loss } = store.status()
  return {
    isWritable,
    ...(reason === undefined ? {} : { reason }),
    durability,
    ...(loss === undefined ? {} : { loss: { ...loss, detectedAt: wireTime(loss.detectedAt) } }),
  }
}
