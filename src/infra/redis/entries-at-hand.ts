import TinyQueue from 'tinyqueue'
import type { ReadyEntry } from '#domain/ports/ready-queue.ts'
import { readyJobId } from './ready-entry-codec.ts'

/** Dead entries left in the heap before it pays to sweep them out. */
const SWEEP_AT = 1_024

/** Ready entries in this node's memory that nobody has taken yet, by rank. */
export class EntriesAtHand {
  readonly #live = new Map<string, ReadyEntry>()
  #heap = new TinyQueue<ReadyEntry>([], byRank)

  get size(): number {
    return this.#live.size
  }

  add(entry: ReadyEntry): void {
    this.#live.set(readyJobId(entry), entry)
    this.#heap.push(entry)
  }

  delete(jobId: string): void {
    this.#live.delete(jobId)
    if (this.#heap.length <= 2 * this.#live.size + SWEEP_AT) return
    this.#heap = new TinyQueue(
      this.#heap.data.filter((entry) => this.#isLive(entry)),
      byRank,
    )
  }

  /** Takes up to `countMax`, smallest rank first. */
  take(countMax: number): readonly ReadyEntry[] {
    const taken: ReadyEntry[] = []
    while (taken.length < countMax) {
      const entry = this.#heap.pop()
      if (entry === undefined) break
      if (!this.#isLive(entry)) continue
      this.#live.delete(readyJobId(entry))
      taken.push(entry)
    }
    return taken
  }

  #isLive(entry: ReadyEntry): boolean {
    return this.#live.get(readyJobId(entry)) === entry
  }
}

function byRank(a: ReadyEntry, b: ReadyEntry): number {
  return a.rank - b.rank || (a.taskId < b.taskId ? -1 : 1)
}
