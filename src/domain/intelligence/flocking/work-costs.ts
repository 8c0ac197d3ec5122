import type { FlockRow } from './flock-row.ts'
import { RecentMap } from './recent-map.ts'

/** A sum and a weight that both fade, so that their quotient follows what changes. */
interface FadingMean {
  sum: number
  weight: number
}

export interface Attempt {
  readonly kind: string
  readonly durationMs: number
  /** Whether the agent was prepared for the kind when it began. */
  readonly wasPrepared: boolean
}

/** What is kept of one kind with each of its attempts. */
const KIND_KEPT = 0.98
const ALL_KEPT = 0.999
/** Attempts that the mean over all kinds counts for in the mean of one. */
const PRIOR_WEIGHT = 2
const KINDS_MAX = 1_000

/**
 * How long work and set-up take, learned from how long attempts took: work from attempts of prepared agents, set-up from
 * what attempts of others took beyond that. Nobody has to say either in advance.
 */
export class WorkCosts {
  readonly #work = new RecentMap<string, FadingMean>(KINDS_MAX)
  readonly #allWork: FadingMean = { sum: 0, weight: 0 }
  readonly #setUp: FadingMean = { sum: 0, weight: 0 }

  learn({ kind, durationMs, wasPrepared }: Attempt): void {
    if (!wasPrepared) {
      add(this.#setUp, durationMs - this.workMs(kind), ALL_KEPT)
      return
    }
    const work = this.#work.get(kind) ?? { sum: 0, weight: 0 }
    add(work, durationMs, KIND_KEPT)
    add(this.#allWork, durationMs, ALL_KEPT)
    this.#work.set(kind, work)
  }

  *rows(): Generator<FlockRow> {
    for (const [kind, { sum, weight }] of this.#work) yield ['work', kind, sum, weight]
    yield ['allWork', this.#allWork.sum, this.#allWork.weight]
    yield ['setUp', this.#setUp.sum, this.#setUp.weight]
  }

  restore(row: FlockRow): void {
    if (row[0] === 'work') this.#work.set(row[1], { sum: row[2], weight: row[3] })
    else if (row[0] === 'allWork') Object.assign(this.#allWork, { sum: row[1], weight: row[2] })
    else if (row[0] === 'setUp') Object.assign(this.#setUp, { sum: row[1], weight: row[2] })
  }

  /** Expected work without set-up, in milliseconds; 0 before the first outcome. */
  workMs(kind: string): number {
    const all = mean(this.#allWork)
    const work = this.#work.get(kind)
    return work === undefined ? all : (work.sum + PRIOR_WEIGHT * all) / (work.weight + PRIOR_WEIGHT)
  }

  /** Expected set-up of an agent that is not prepared, in milliseconds; 0 or more. */
  get setUpMs(): number {
    return Math.max(0, mean(this.#setUp))
  }

  /** Set-up as a share of what an unprepared agent needs, 0 to 1. */
  get setUpShare(): number {
    const whole = this.setUpMs + mean(this.#allWork)
    return whole > 0 ? this.setUpMs / whole : 0
  }
}

function add(mean: FadingMean, value: number, kept: number): void {
  mean.sum = mean.sum * kept + value
  mean.weight = mean.weight * kept + 1
}

function mean({ sum, weight }: FadingMean): number {
  return weight > 0 ? sum / weight : 0
}
