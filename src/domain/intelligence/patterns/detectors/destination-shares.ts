import { BoundedMap } from '../tally.ts'

interface Destinations {
  readonly counts: Map<string, number>
  total: number
}

const TYPES_MAX = 200
const AGENTS_MAX = 2_000
/** A type with fewer first assignments is judged by those of all types together. */
const COUNT_MIN = 20
/** Counts are multiplied by this after each {@link FADE_WINDOWS} windows, so that shares follow a change. */
const FADE = 0.5
const FADE_WINDOWS = 4

/** Which agents get the tasks of a type first: the chance that an unrelated choice falls on one of them. */
export class DestinationShares {
  readonly #all: Destinations = { counts: new Map(), total: 0 }
  #windows = 0
  readonly #byType = new BoundedMap<Destinations>(TYPES_MAX)

  get agentCount(): number {
    return this.#all.counts.size
  }

  count(taskType: string, agentId: string): void {
    const ofType = this.#byType.get(taskType) ?? { counts: new Map<string, number>(), total: 0 }
    this.#byType.set(taskType, ofType)
    for (const destinations of [this.#all, ofType]) {
      if (!destinations.counts.has(agentId) && destinations.counts.size >= AGENTS_MAX) continue
      destinations.counts.set(agentId, (destinations.counts.get(agentId) ?? 0) + 1)
      destinations.total += 1
    }
  }

  /** Chance, at least 1 / (agents − 1), that a task of the type goes from `from` to `to` by chance. */
  chanceOf(taskType: string, to: string, from: string): number {
    const ofType = this.#byType.get(taskType)
    const { counts, total } = ofType !== undefined && ofType.total >= COUNT_MIN ? ofType : this.#all
    const others = Math.max(1, counts.size - (counts.has(from) ? 1 : 0))
    const rest = total - (counts.get(from) ?? 0)
    const share = rest <= 0 ? 1 : (counts.get(to) ?? 0) / rest
    return Math.min(1, Math.max(share, 1 / others))
  }

  /** A window has ended. */
  fade(): void {
    this.#windows = (this.#windows + 1) % FADE_WINDOWS
    if (this.#windows > 0) return
    for (const destinations of [this.#all, ...this.#byType.values()]) {
      destinations.total = 0
      for (const [agentId, count] of destinations.counts) {
        if (count * FADE < 0.05) destinations.counts.delete(agentId)
        else {
          destinations.counts.set(agentId, count * FADE)
          destinations.total += count * FADE
        }
      }
    }
  }
}
