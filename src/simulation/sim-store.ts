import type { RecordKey } from '#domain/ports/records.ts'
import type { ListRequest, StepRequest, SwarmStore, TimedListRequest } from '#domain/ports/swarm-store.ts'
import type { MemorySwarmStore } from './memory/memory-swarm-store.ts'
import type { SimProcess } from './sim-process.ts'
import type { World } from './world.ts'

/**
 * One node's way to the shared store: a wire with latency, first in first out. What a node asked for before it was
 * stopped or killed still happens; the answer waits for it, or is lost with it.
 */
export function simStore(inner: MemorySwarmStore, process: SimProcess, world: World): SwarmStore {
  let arrivesAt = 0
  let answeredAt = 0
  const cross = async <T>(work: () => Promise<T>): Promise<T> => {
    const { clock, store, auditor } = world
    arrivesAt = Math.max(arrivesAt, clock.now + world.latencyMs(), store.pausedUntil)
    await clock.wait(arrivesAt - clock.now)
    const answer = work().finally(() => auditor.look())
    answer.catch(() => undefined)
    answeredAt = Math.max(answeredAt, clock.now + world.latencyMs())
    await clock.wait(answeredAt - clock.now)
    return process.bring(answer)
  }
  return {
    transact: <const Keys extends readonly RecordKey[], T>(request: StepRequest<Keys, T>) =>
      cross(() => inner.transact(request)),
    get: (scope, key) => cross(() => inner.get(scope, key)),
    getMany: (scope, keys) => cross(() => inner.getMany(scope, keys)),
    list: <V>(request: ListRequest<V>) => cross(() => inner.list(request)),
    listByTime: <V>(request: TimedListRequest<V>) => cross(() => inner.listByTime(request)),
    count: (scope, kind) => cross(() => inner.count(scope, kind)),
    readEvents: (scope, after, countMax) => cross(() => inner.readEvents(scope, after, countMax)),
    trimEvents: (scope, sequence) => cross(() => inner.trimEvents(scope, sequence)),
    drop: (scope, epoch) => cross(() => inner.drop(scope, epoch)),
    status: () => inner.status(),
  }
}
