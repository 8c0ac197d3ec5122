import type { EpochMs } from '../../../model/ids.ts'
import { addTo, type Moments, NO_MOMENTS } from './running-moments.ts'

/** One outcome that counts: of a finished task, or reported by an agent about its own work. */
export interface OutcomeReport {
  /** Kind of work. */
  readonly type: string
  /** Who or what did it: an agent's id or the name of a method. */
  readonly arm: string
  readonly isSuccess: boolean
  readonly durationMs?: number | undefined
  /** In the swarm's own unit. */
  readonly cost?: number | undefined
  readonly at: EpochMs
}

/** What is known of one arm at one type of work. */
export interface ArmEstimate {
  /** After forgetting. */
  readonly successes: number
  readonly failures: number
  /** Of all that ever counted, forgotten or not. */
  readonly count: number
  readonly duration: Moments
  readonly cost: Moments
  readonly lastAt: EpochMs
}

/** What is known of the arms at one type of work. */
export interface TypeEstimates {
  /** By arm, the one whose newest outcome is oldest first. */
  readonly arms: ReadonlyMap<string, ArmEstimate>
  /** By arm, over all types of work: what is expected of an arm that is new to this type. */
  readonly overall: ReadonlyMap<string, ArmEstimate>
}

/** Type of work, or null for all types; arm; estimate. */
export type EstimateRow = readonly [type: string | null, arm: string, estimate: ArmEstimate]

export interface SharedEstimatesOptions {
  /** What part of an older outcome's weight is kept at each newer one of the same arm and type, above 0, at most 1. */
  readonly keep: number
  /** Types that are kept; the one whose newest outcome is oldest makes room. */
  readonly typesMax: number
  /** Arms that are kept for each type, and over all types. */
  readonly armsMax: number
}

const NOTHING: ArmEstimate = {
  successes: 0,
  failures: 0,
  count: 0,
  duration: NO_MOMENTS,
  cost: NO_MOMENTS,
  lastAt: 0 as EpochMs,
}

/**
 * Success, duration and cost for each type of work and arm, from the outcomes of everybody: what one agent learned helps
 * the others. Bounded: the type or arm that was not heard of for the longest time makes room for a new one.
 */
export class SharedEstimates {
  readonly #options: SharedEstimatesOptions
  // Maps keep the order of insertion; a key is inserted anew with each outcome, so that the first is the oldest.
  readonly #types = new Map<string, Map<string, ArmEstimate>>()
  readonly #overall = new Map<string, ArmEstimate>()

  constructor(options: SharedEstimatesOptions) {
    this.#options = options
  }

  record(report: OutcomeReport): void {
    const { keep, typesMax, armsMax } = this.#options
    const arms = this.#types.get(report.type) ?? new Map<string, ArmEstimate>()
    moveToEnd(arms, report.arm, withOutcome(arms.get(report.arm) ?? NOTHING, report, keep))
    moveToEnd(this.#types, report.type, arms)
    moveToEnd(this.#overall, report.arm, withOutcome(this.#overall.get(report.arm) ?? NOTHING, report, keep))
    dropOldest(arms, armsMax)
    dropOldest(this.#types, typesMax)
    dropOldest(this.#overall, armsMax)
  }

  /** No arms where nothing is known of the type. */
  of(type: string): TypeEstimates {
    return { arms: this.#types.get(type) ?? new Map<string, ArmEstimate>(), overall: this.#overall }
  }

  /** All that is known, in an order that {@link restore} needs. */
  rows(): readonly EstimateRow[] {
    const rows: EstimateRow[] = []
    for (const [type, arms] of this.#types)
      for (const [arm, estimate] of arms) rows.push([type, arm, estimate])
    for (const [arm, estimate] of this.#overall) rows.push([null, arm, estimate])
    return rows
  }

  /** Takes up some of the rows that {@link rows} gave, after those before them. */
  restore(rows: readonly EstimateRow[]): void {
    for (const [type, arm, estimate] of rows) {
      if (type === null) this.#overall.set(arm, estimate)
      else this.#types.set(type, (this.#types.get(type) ?? new Map<string, ArmEstimate>()).set(arm, estimate))
    }
  }

  clear(): void {
    this.#types.clear()
    this.#overall.clear()
  }

  /** The type whose newest outcome is oldest first. */
  types(): readonly string[] {
    return [...this.#types.keys()]
  }
}

function withOutcome(
  before: ArmEstimate,
  { isSuccess, durationMs, cost, at }: OutcomeReport,
  keep: number,
): ArmEstimate {
  return {
    successes: before.successes * keep + Number(isSuccess),
    failures: before.failures * keep + Number(!isSuccess),
    count: before.count + 1,
    duration: durationMs === undefined ? before.duration : addTo(before.duration, durationMs, keep),
    cost: cost === undefined ? before.cost : addTo(before.cost, cost, keep),
    lastAt: at,
  }
}

function moveToEnd<K, V>(map: Map<K, V>, key: K, value: V): void {
  map.delete(key)
  map.set(key, value)
}

function dropOldest<K>(map: Map<K, unknown>, countMax: number): void {
  for (const key of map.keys()) {
    if (map.size <= countMax) return
    map.delete(key)
  }
}
