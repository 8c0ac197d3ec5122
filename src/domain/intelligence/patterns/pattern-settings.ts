import { PATTERN_KINDS, type PatternKind } from './pattern.ts'

/** Settings of one detector. */
export interface DetectorSettings {
  readonly isEnabled: boolean
  /** Length of a window in the unit of the detector: see {@link DETECTOR_DEFAULTS}. */
  readonly window: number
}

export interface DetectorDefaults extends DetectorSettings {
  readonly unit: 'assignments' | 'tasks' | 'events' | 'seconds' | 'proposals' | 'ties'
  readonly windowMin: number
  readonly windowMax: number
}

export const DETECTOR_DEFAULTS: Readonly<Record<PatternKind, DetectorDefaults>> = {
  herding: { isEnabled: true, window: 60, unit: 'assignments', windowMin: 20, windowMax: 2_000 },
  ping_pong: { isEnabled: true, window: 100, unit: 'tasks', windowMin: 20, windowMax: 10_000 },
  // Exact: each cycle is found with the event that closes it, and the length of a window changes nothing.
  wait_cycle: { isEnabled: true, window: 10, unit: 'events', windowMin: 1, windowMax: 1_000 },
  failure_cascade: { isEnabled: true, window: 50, unit: 'seconds', windowMin: 1, windowMax: 3_600 },
  specialisation: { isEnabled: true, window: 250, unit: 'assignments', windowMin: 50, windowMax: 5_000 },
  polarisation: { isEnabled: true, window: 20, unit: 'proposals', windowMin: 8, windowMax: 200 },
  synchrony: { isEnabled: true, window: 100, unit: 'seconds', windowMin: 1, windowMax: 3_600 },
  clusters: { isEnabled: true, window: 400, unit: 'ties', windowMin: 80, windowMax: 5_000 },
}

export type PatternSettings = Readonly<Record<PatternKind, DetectorSettings>>

/** The defaults with what is given instead. @throws RangeError for a window outside its range */
export function completeSettings(
  given: Partial<Record<PatternKind, Partial<DetectorSettings>>>,
): PatternSettings {
  const entries = PATTERN_KINDS.map((kind) => {
    const { isEnabled, window, windowMin, windowMax } = DETECTOR_DEFAULTS[kind]
    const settings = { isEnabled, window, ...given[kind] }
    if (!Number.isInteger(settings.window) || settings.window < windowMin || settings.window > windowMax) {
      throw new RangeError(`window of ${kind} must be an integer from ${windowMin} to ${windowMax}`)
    }
    return [kind, settings] as const
  })
  return Object.fromEntries(entries) as unknown as PatternSettings
}
