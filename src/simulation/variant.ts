import type { SwarmService } from '#domain/orchestration/swarm-service.ts'
import type { Clock } from '#domain/ports/clock.ts'
import type { Coordination } from '#domain/ports/coordination.ts'
import type { SwarmStore } from '#domain/ports/swarm-store.ts'
import type { MemoryMedium } from './memory/memory-medium.ts'

/** What stands between the domain and the world; a broken variant puts something else there. */
export interface Variant {
  /** @param own the node's own, which may be wrong */
  clock(clock: Clock, own: Clock): Clock
  store(store: SwarmStore): SwarmStore
  coordination(coordination: Coordination, medium: MemoryMedium): Coordination
  service(service: SwarmService, store: SwarmStore): SwarmService
}

export const HONEST: Variant = {
  clock: (clock) => clock,
  store: (store) => store,
  coordination: (coordination) => coordination,
  service: (service) => service,
}
