import type { EpochMs } from '#domain/ids.ts'
import type { ReadyEntry } from '#domain/ports/ready-queue.ts'
import { readyJobId } from './ready-entry-codec.ts'

/** Entries that BullMQ has handed over and nobody has taken yet. */
export class FetchedEntries {
  readonly #entries = new Map<string, ReadyEntry>()

  get size(): number {
    return this.#entries.size
  }

  add(entries: readonly ReadyEntry[]): void {
    for (const entry of entries) this.#entries.set(readyJobId(entry), entry)
  }

  delete(jobId: string): void {
    this.#entries.delete(jobId)
  }

  /** Takes those that are due, by rank. */
  take(countMax: number, now: EpochMs): readonly ReadyEntry[] {
    if (this.size === 0 || countMax <= 0) return []
    const taken = [...this.#entries.values()]
      .filter(({ dueAt }) => dueAt <= now)
      .toSorted((a, b) => a.rank - b.rank)
      .slice(0, countMax)
    for (const entry of taken) this.#entries.delete(readyJobId(entry))
    return taken
  }

  /** When those fall due that are not. */
  dueAfter(now: EpochMs): readonly EpochMs[] {
    return [...this.#entries.values()].map(({ dueAt }) => dueAt).filter((dueAt) => dueAt > now)
  }
}
