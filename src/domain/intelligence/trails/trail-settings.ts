/** How trails fade. The unit of time is the millisecond, or one deposit request to the trail set. */
export interface Evaporation {
  readonly unit: 'ms' | 'deposits'
  /** Units after which half of a level is left; above 0. Exactly one of `halfLife` and `rate` is given. */
  readonly halfLife?: number
  /** Fraction of a level that is lost in one unit; 0 (nothing evaporates) or more, below 1. */
  readonly rate?: number
}

/**
 * When the limits of a level apply.
 *
 * - `read`: to what is read. The level behind it is a plain sum of faded deposits, so that deposits commute.
 * - `deposit`: after each deposit request as well, as in MAX-MIN ant systems. A level never has to come back from far
 *   beyond a limit. Deposits of one request commute; requests in another order may give another level.
 */
export type LimitsApplied = 'read' | 'deposit'

export interface TrailSettings {
  readonly evaporation: Evaporation
  /** Lowest level that is ever read; 0 or more. */
  readonly min: number
  /** Highest level that is ever read; not below `min`. */
  readonly max: number
  /** Level of every trail at the creation of the set; from `min` to `max`. It fades like a deposit. */
  readonly initial: number
  readonly limitsApplied: LimitsApplied
}

/** What a caller leaves out is chosen by {@link completeSettings}. */
export interface TrailSettingsInput {
  readonly evaporation: Evaporation
  readonly min?: number
  readonly max?: number
  readonly initial?: number
  readonly limitsApplied?: LimitsApplied
}

/** Largest amount of a deposit and largest limit: a sum of 10 000 of them is exact to far below 1e-9 of itself. */
export const TRAIL_AMOUNT_MAX = 1_000_000
export const HALF_LIFE_MAX = 1e13
const HALF_LIFE_MIN = 1e-3

/** The settings with every default filled in: min 0, max 1 000 000, initial = min, limits by the unit of evaporation. */
export function completeSettings(input: TrailSettingsInput): TrailSettings {
  const { evaporation, min = 0, max = TRAIL_AMOUNT_MAX } = input
  return {
    evaporation,
    min,
    max,
    initial: input.initial ?? min,
    limitsApplied: input.limitsApplied ?? (evaporation.unit === 'ms' ? 'read' : 'deposit'),
  }
}

/** Why no trail set can have these settings, in a sentence; undefined where one can. */
export function unsoundSettings({ evaporation, min, max, initial }: TrailSettings): string | undefined {
  const { halfLife, rate } = evaporation
  if ((halfLife === undefined) === (rate === undefined)) return 'evaporation has either a halfLife or a rate'
  if (halfLife !== undefined && !(halfLife >= HALF_LIFE_MIN && halfLife <= HALF_LIFE_MAX))
    return `evaporation.halfLife is a number from ${HALF_LIFE_MIN} to ${HALF_LIFE_MAX}`
  if (rate !== undefined && !(rate >= 0 && rate < 1))
    return 'evaporation.rate is a number from 0 up to and without 1'
  if (!(min >= 0 && min <= max && max <= TRAIL_AMOUNT_MAX))
    return `min and max satisfy 0 <= min <= max <= ${TRAIL_AMOUNT_MAX}`
  if (!(initial >= min && initial <= max)) return 'initial is from min to max'
  return undefined
}
