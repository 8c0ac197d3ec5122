import type { AgentId } from '../../../model/ids.ts'
import type { Experience, ExperienceOutcome } from './experience.ts'

export interface ExperienceQuery {
  readonly type?: string | undefined
  readonly agentId?: AgentId | undefined
  readonly method?: string | undefined
  readonly outcome?: ExperienceOutcome | undefined
  /** Only what came after this event; 0 is the beginning. */
  readonly after: number
  /** 1 to 1 000. */
  readonly countMax: number
}

export interface ExperienceList {
  /** Oldest first. */
  readonly experiences: readonly Experience[]
  /** Of the last that was looked at, to go on from; undefined where there is no more. */
  readonly next: number | undefined
}

/** The newest experiences of a swarm. */
export class ExperienceLog {
  readonly #countMax: number
  #entries: Experience[] = []
  /** Entries before this place are dropped, and removed in large pieces. */
  #start = 0

  /** @param countMax experiences that are kept, 1 or more */
  constructor(countMax: number) {
    this.#countMax = countMax
  }

  get size(): number {
    return this.#entries.length - this.#start
  }

  add(experience: Experience): void {
    this.#entries.push(experience)
    if (this.size > this.#countMax) this.#start += 1
    if (this.#start <= this.#countMax) return
    this.#entries = this.#entries.slice(this.#start)
    this.#start = 0
  }

  /** Oldest first. */
  all(): readonly Experience[] {
    return this.#entries.slice(this.#start)
  }

  clear(): void {
    this.#entries = []
    this.#start = 0
  }

  find({ after, countMax, ...filter }: ExperienceQuery): ExperienceList {
    const found: Experience[] = []
    for (let place = this.#placeAfter(after); place < this.#entries.length; place++) {
      const entry = this.#entries[place]
      if (entry === undefined || !fits(entry, filter)) continue
      if (found.length === countMax) return { experiences: found, next: found.at(-1)?.sequence }
      found.push(entry)
    }
    return { experiences: found, next: undefined }
  }

  /** By bisection: sequence numbers ascend. */
  #placeAfter(sequence: number): number {
    let low = this.#start
    let high = this.#entries.length
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      if ((this.#entries[middle]?.sequence ?? 0) <= sequence) low = middle + 1
      else high = middle
    }
    return low
  }
}

function fits(
  entry: Experience,
  { type, agentId, method, outcome }: Omit<ExperienceQuery, 'after' | 'countMax'>,
): boolean {
  return (
    (type === undefined || entry.type === type) &&
    (agentId === undefined || entry.agentId === agentId) &&
    (method === undefined || entry.method === method) &&
    (outcome === undefined || entry.outcome === outcome)
  )
}
