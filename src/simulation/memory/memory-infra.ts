import { type NodeId, nodeId } from '#domain/model/ids.ts'
import type { Clock } from '#domain/ports/clock.ts'
import { EmbeddedPeers } from '#infra/embedded/embedded-peers.ts'
import { MemoryReadyQueues } from '#infra/embedded/memory-ready-queues.ts'
import { NoLosses } from '#infra/embedded/no-losses.ts'
import type { Infra } from '#infra/infra.ts'
import { MemoryCoordination } from './memory-coordination.ts'
import type { MemoryMedium } from './memory-medium.ts'
import { MemorySwarmStore, type MemorySwarmStoreOptions } from './memory-swarm-store.ts'

export interface MemoryInfra extends Infra {
  readonly store: MemorySwarmStore
  readonly coordination: MemoryCoordination
}

export interface MemoryInfraOptions extends MemorySwarmStoreOptions {
  readonly nodeId?: NodeId
}

/** One node's adapters over a medium that outlives it. */
export function createMemoryInfra(
  { nodeId: id = nodeId('node-1'), ...options }: MemoryInfraOptions,
  { medium, clock }: { readonly medium: MemoryMedium; readonly clock: Clock },
): MemoryInfra {
  const store = new MemorySwarmStore(options, {
    medium,
    clock,
    deliver: (scope, entries) => queues.deliver(scope, entries),
  })
  const queues = new MemoryReadyQueues({ clock })
  const coordination = new MemoryCoordination(id, { medium, clock })
  return {
    clock,
    store,
    coordination,
    peers: new EmbeddedPeers(id),
    losses: new NoLosses(),
    readyQueueFor: (scope) => queues.open(scope),
    close: async () => {
      await queues.close()
      store.close()
      await coordination.close()
    },
  }
}
