/** How the queue of a busy agent is chosen for a task; see `balancing/load-balancer.ts`. */
export type PlacementKind =
  | 'random'
  | 'round_robin'
  | 'shortest_queue'
  | 'power_of_two'
  | 'expected_delay'
  | 'join_idle_queue'

/** What an agent keeps loaded between tasks, by which set-up costs are learned. */
export interface SetupSettings {
  /** Tasks with the same value of this field share one set-up. */
  readonly setupKey: 'none' | 'type' | 'affinityKey'
  /** Set-ups that an agent keeps at the same time, 1 to 1 000. */
  readonly warmKeysMax: number
  /** Cost of one set-up until it has been learned, in milliseconds. */
  readonly setupMs: number
}

export interface ExpectedDelaySettings extends SetupSettings {
  readonly kind: 'expected_delay'
}

export interface WorkStealingSettings {
  readonly kind: 'work_stealing'
  readonly placement: PlacementKind
  /** An idle agent takes a task of another only where its estimated work is longer, in milliseconds; 0: always. */
  readonly stealCostMs: number
  /** Added to the steal cost of a task with an `affinityKey`, in milliseconds. */
  readonly affinityCostMs: number
}

export interface AuctionSettings {
  readonly kind: 'auction'
  /** `live`: agents are asked for bids over their channels; `estimated`: the hub bids for all of them. */
  readonly bids: 'live' | 'estimated'
  /** How long bids are taken, in milliseconds. */
  readonly bidWindowMs: number
  /** The highest price that is paid; null for any. A task without an acceptable bid waits and is offered again. */
  readonly reservePrice: number | null
  /** What a second until the end of the task weighs in bids of the hub. */
  readonly secondsWeight: number
  /** What the cost of the capabilities weighs in bids of the hub. */
  readonly costWeight: number
}

/** Agents are drawn by trails from task types to agents; see `intelligence/trails/agent-trails.ts`. */
export interface TrailsSettings {
  readonly kind: 'trails'
  /** Fraction of every trail of a task type that evaporates with each outcome of that type; 0 or more, below 1. */
  readonly evaporation: number
  /** Added to the trail of (type, agent) when the agent completes a task of the type; 0 to 1. */
  readonly successDeposit: number
  /** Taken from it when the agent fails; 0 to 1. */
  readonly failurePenalty: number
  /** Lowest level of a trail; above 0, so that every agent keeps a chance. */
  readonly min: number
  /** Highest level of a trail. */
  readonly max: number
  /** An agent is chosen with probability ∝ level^alpha; 0 to 20. */
  readonly alpha: number
}

/** Which rules of flocking steer who gets what; see `intelligence/flocking/flock.ts`. */
export interface FlockingSettings {
  readonly kind: 'flocking'
  /** Agents of one group take over each other's estimates of success. */
  readonly alignment: boolean
  /** Set-up counts when work is given to an agent that is not prepared for it. */
  readonly cohesion: boolean
  /** What the swarm loses counts when an agent gives up a kind that few others are prepared for. */
  readonly separation: boolean
  /** False: positions, groups and estimates stay as they are. */
  readonly adapts: boolean
}

/**
 * How tasks are given to agents, with the settings of that way. `least_loaded` keeps tasks in one line until an agent
 * has room; the placements put each task into the queue of one agent at once; `work_stealing` lets idle agents take
 * from such queues; `auction` sells each task to the agent with the lowest bid.
 */
export type StrategySettings =
  | { readonly kind: 'least_loaded' }
  | { readonly kind: Exclude<PlacementKind, 'expected_delay'> }
  | ExpectedDelaySettings
  | WorkStealingSettings
  | AuctionSettings
  | TrailsSettings
  | FlockingSettings

export type StrategyKind = StrategySettings['kind']

type OptionalSettings<S> = S extends { readonly kind: infer K }
  ? { readonly kind: K } & Partial<Omit<S, 'kind'>>
  : never
/** Settings as a client names them: what is left out has its default. */
export type StrategyRequest = OptionalSettings<StrategySettings>

const DEFAULTS = {
  expected_delay: { setupKey: 'none', warmKeysMax: 1, setupMs: 0 },
  trails: {
    evaporation: 0.02,
    successDeposit: 0.15,
    failurePenalty: 0.15,
    min: 0.05,
    max: 1,
    alpha: 3,
  },
  flocking: { alignment: true, cohesion: true, separation: true, adapts: true },
  work_stealing: { placement: 'expected_delay', stealCostMs: 0, affinityCostMs: 0 },
  auction: { bids: 'live', bidWindowMs: 50, reservePrice: null, secondsWeight: 1, costWeight: 1 },
} as const satisfies {
  readonly [K in StrategyKind]?: Omit<Extract<StrategySettings, { readonly kind: K }>, 'kind'>
}

/** The settings with their defaults filled in. */
export function strategySettings(request: StrategyRequest): StrategySettings {
  const defaults: Partial<Record<StrategyKind, object>> = DEFAULTS
  return { ...defaults[request.kind], ...request } as StrategySettings
}

/** Records of version 0.1 hold the name of the strategy alone. */
export function readStrategySettings(stored: StrategySettings | 'least_loaded'): StrategySettings {
  return typeof stored === 'string' ? { kind: stored } : stored
}

const NO_SETUP: SetupSettings = { setupKey: 'none', warmKeysMax: 1, setupMs: 0 }

/** What agents keep loaded under these settings. */
export function setupSettingsOf(settings: StrategySettings): SetupSettings {
  return settings.kind === 'expected_delay' ? settings : NO_SETUP
}
