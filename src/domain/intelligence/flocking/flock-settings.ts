import type { FlockingSettings } from '../../model/strategy-settings.ts'

/** Which rules steer who gets what. */
export type FlockSettings = Omit<FlockingSettings, 'kind'>

export const FLOCK_DEFAULTS: FlockSettings = {
  alignment: true,
  cohesion: true,
  separation: true,
  adapts: true,
}
