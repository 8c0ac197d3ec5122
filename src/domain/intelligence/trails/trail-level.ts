import type { TrailSettings } from './trail-settings.ts'

/** A level at one moment on the time axis of its set; where nothing is deposited, {@link fadedTo} gives every later one. */
export interface TrailMark {
  /** Before the limits of a read apply; may be negative. */
  readonly level: number
  /** Milliseconds since the Unix epoch, or deposit requests since the set was created or cleared. */
  readonly at: number
}

/** The part of a level that is left after a number of units: 2^(-elapsed / halfLife), or (1 - rate)^elapsed. */
export function retained({ evaporation }: TrailSettings, elapsed: number): number {
  const { halfLife, rate = 0 } = evaporation
  return halfLife === undefined ? (1 - rate) ** elapsed : 2 ** (-elapsed / halfLife)
}

/** The level a read gives at a later moment: faded, then within the limits. */
export function levelAt(settings: TrailSettings, mark: TrailMark, at: number): number {
  return within(settings, fadedTo(settings, mark, at))
}

/**
 * The mark after a deposit. With limits applied to reads the level is the sum of all deposits, each faded since its own
 * moment. With limits applied to deposits the level is brought within them before and after the amount is added
 * (Stützle & Hoos, "MAX-MIN Ant System", 2000, section 3.2).
 */
export function deposited(settings: TrailSettings, mark: TrailMark, deposit: TrailMark): TrailMark {
  const { level: amount, at } = deposit
  const faded = fadedTo(settings, mark, at)
  if (settings.limitsApplied === 'read') return { level: faded + amount, at }
  return { level: within(settings, within(settings, faded) + amount), at }
}

/** Whether two marks read the same from `at` on, to far below 1e-9. */
export function areAlike(settings: TrailSettings, a: TrailMark, b: TrailMark, at: number): boolean {
  const [left, right] =
    settings.limitsApplied === 'read'
      ? [fadedTo(settings, a, at), fadedTo(settings, b, at)]
      : [levelAt(settings, a, at), levelAt(settings, b, at)]
  return Math.abs(left - right) <= 1e-12
}

function fadedTo(settings: TrailSettings, { level, at }: TrailMark, later: number): number {
  // A clock that was set back makes no trail stronger.
  return later <= at ? level : level * retained(settings, later - at)
}

function within({ min, max }: TrailSettings, level: number): number {
  return Math.min(max, Math.max(min, level))
}
