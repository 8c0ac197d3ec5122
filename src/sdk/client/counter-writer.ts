import type { CrdtState, MemoryRecord } from '#contract/index.ts'
import {
  type CounterState,
  EMPTY_COUNTER,
  incrementDelta,
  mergeCounters,
  nextIncrement,
} from '#domain/intelligence/memory/crdt/counter.ts'
import { randomKey } from './random-key.ts'

type Merge = (
  namespace: string,
  records: readonly { readonly key: string; readonly state: CrdtState }[],
) => Promise<readonly MemoryRecord[]>

/**
 * Adds to counters as a replica that knows its own increments only. Each call sends all of them, so that one that was lost
 * comes with the next, and none counts twice.
 */
export class CounterWriter {
  readonly #merge: Merge
  readonly #replica = `client-${randomKey()}`
  readonly #own = new Map<string, CounterState>()

  constructor(merge: Merge) {
    this.#merge = merge
  }

  async increment(namespace: string, key: string, amount: number): Promise<number> {
    const place = `${namespace}/${key}`
    this.#add(place, amount)
    try {
      const state = crdtOf(this.#own.get(place) ?? EMPTY_COUNTER)
      const [record] = await this.#merge(namespace, [{ key, state }])
      return record?.value as number
    } catch (error) {
      // Whoever is told of a failure counts it as not done.
      this.#add(place, -amount)
      throw error
    }
  }

  #add(place: string, amount: number): void {
    if (!Number.isSafeInteger(amount)) throw new RangeError(`not a whole number: ${amount}`)
    const own = this.#own.get(place) ?? EMPTY_COUNTER
    const n = nextIncrement(own, this.#replica)
    this.#own.set(place, mergeCounters(own, incrementDelta({ replica: this.#replica, n, amount })))
  }
}

/** Of increments without a gap. */
function crdtOf({ entries }: CounterState): CrdtState {
  return {
    type: 'counter',
    entries: entries.map(([replica, n, plus, minus]) => [replica, n, plus, minus, []]),
  }
}
