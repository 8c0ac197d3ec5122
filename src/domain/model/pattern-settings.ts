/** The patterns that the swarm can notice, each with a detector of its own. */
export const PATTERN_KINDS = [
  'herding',
  'ping_pong',
  'wait_cycle',
  'failure_cascade',
  'specialisation',
  'polarisation',
  'synchrony',
  'clusters',
] as const
export type PatternKind = (typeof PATTERN_KINDS)[number]

/** Settings of one detector. */
export interface DetectorSettings {
  readonly isEnabled: boolean
  /** Length of a window in the unit of the detector: see {@link DETECTOR_DEFAULTS}. */
  readonly window: number
  /** Whether the swarm answers the pattern by itself. */
  readonly isResponding: boolean
}

interface DetectorDefaults extends DetectorSettings {
  readonly unit: 'assignments' | 'tasks' | 'events' | 'seconds' | 'proposals' | 'ties'
  readonly windowMin: number
  readonly windowMax: number
}

const on = { isEnabled: true, isResponding: false } as const

export const DETECTOR_DEFAULTS: Readonly<Record<PatternKind, DetectorDefaults>> = {
  herding: { ...on, window: 60, unit: 'assignments', windowMin: 20, windowMax: 2_000 },
  ping_pong: { ...on, window: 100, unit: 'tasks', windowMin: 20, windowMax: 10_000 },
  // Exact: each cycle is found with the event that closes it, and the length of a window changes nothing.
  wait_cycle: { ...on, window: 10, unit: 'events', windowMin: 1, windowMax: 1_000 },
  failure_cascade: { ...on, window: 50, unit: 'seconds', windowMin: 1, windowMax: 3_600 },
  specialisation: { ...on, window: 250, unit: 'assignments', windowMin: 50, windowMax: 5_000 },
  polarisation: { ...on, window: 20, unit: 'proposals', windowMin: 8, windowMax: 200 },
  synchrony: { ...on, window: 100, unit: 'seconds', windowMin: 1, windowMax: 3_600 },
  clusters: { ...on, window: 400, unit: 'ties', windowMin: 80, windowMax: 5_000 },
}

export type PatternSettings = Readonly<Record<PatternKind, DetectorSettings>>
/** Settings as a client names them: what is left out stays as it is. */
export type PatternSettingsRequest = { readonly [K in PatternKind]?: Partial<DetectorSettings> | undefined }

/**
 * Settings with some of them changed.
 *
 * @param base the defaults where left out
 * @throws RangeError for a window outside its range
 */
export function patternSettings(
  given: PatternSettingsRequest = {},
  base: PatternSettings = DETECTOR_DEFAULTS,
): PatternSettings {
  const entries = PATTERN_KINDS.map((kind) => {
    const { isEnabled, window, isResponding } = base[kind]
    const settings = { isEnabled, window, isResponding, ...given[kind] }
    const { windowMin, windowMax } = DETECTOR_DEFAULTS[kind]
    if (!Number.isInteger(settings.window) || settings.window < windowMin || settings.window > windowMax) {
      throw new RangeError(`window of ${kind} must be an integer from ${windowMin} to ${windowMax}`)
    }
    return [kind, settings] as const
  })
  return Object.fromEntries(entries) as unknown as PatternSettings
}
