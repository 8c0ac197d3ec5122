import type { RecordKey } from '#domain/ports/records.ts'
import type { ListRequest, StepRequest, SwarmStore } from '#domain/ports/swarm-store.ts'
import type { MemorySwarmStore, StepFault } from '../../helpers/memory-swarm-store.ts'
import type { SeededRandom } from '../../helpers/seeded-random.ts'
import type { SimProcess } from './sim-process.ts'
import type { World } from './world.ts'

/** How the shared store fares, for all nodes at once. */
export class StoreTroubles {
  readonly #random: SeededRandom
  /** So often a step is refused before, or its answer lost after, the commit. */
  refusedRatio = 0
  forgottenRatio = 0
  /** Nothing is answered before. */
  pausedUntil = 0

  constructor(random: SeededRandom) {
    this.#random = random
  }

  calmDown(): void {
    this.refusedRatio = 0
    this.forgottenRatio = 0
    this.pausedUntil = 0
  }

  readonly faultFor = (): StepFault | undefined => {
    if (this.refusedRatio === 0 && this.forgottenRatio === 0) return undefined
    const draw = this.#random.next()
    if (draw < this.refusedRatio) return { fail: 'before_commit' }
    if (draw < this.refusedRatio + this.forgottenRatio) return { fail: 'after_commit' }
    return undefined
  }
}

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
    count: (scope, kind) => cross(() => inner.count(scope, kind)),
    readEvents: (scope, after, countMax) => cross(() => inner.readEvents(scope, after, countMax)),
    trimEvents: (scope, sequence) => cross(() => inner.trimEvents(scope, sequence)),
    drop: (scope, epoch) => cross(() => inner.drop(scope, epoch)),
    status: () => inner.status(),
  }
}
