/** Which rules steer who gets what. */
export interface FlockSettings {
  /** Agents of one group take over each other's estimates of success. */
  readonly alignment: boolean
  /** Set-up counts when work is given to an agent that is not prepared for it. */
  readonly cohesion: boolean
  /** What the swarm loses counts when an agent gives up a kind that few others are prepared for. */
  readonly separation: boolean
  /** False: positions, groups and estimates stay as they are. */
  readonly adapts: boolean
}

export const FLOCK_DEFAULTS: FlockSettings = {
  alignment: true,
  cohesion: true,
  separation: true,
  adapts: true,
}
