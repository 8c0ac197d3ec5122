/**
 * The words of the bench. A *scenario* is one question ("how long from agent to agent?"), its *contenders*
 * are the systems that answer it, ours among them, and the *baseline* is the contender all are compared to.
 */
export interface Scenario {
  /** What `--only` takes. */
  readonly name: string
  readonly title: string
  readonly metrics: readonly Metric[]
  /** The name of the contender with ratio 1. */
  readonly baseline: string
  readonly contenders: readonly Contender[]
  readonly bars?: readonly Bar[]
}

export interface Metric {
  readonly name: string
  readonly unit: string
  readonly better: 'lower' | 'higher'
}

export interface Contender {
  readonly name: string
  /** What exactly was measured: product and version, settings that matter. */
  readonly about: string
  /** Why it cannot take part on this machine; absent when it can. */
  readonly absence?: string
  /** Starts the processes of this contender; they stay, idle, while the others have their turn. */
  readonly open: (effort: Effort) => Promise<Session>
}

export interface Session {
  readonly round: (effort: Effort) => Promise<Sample>
  readonly close: () => Promise<void>
}

/** One value a metric, by its name. */
export type Sample = Readonly<Record<string, number>>

/** What we want to reach. Reported as met or missed, and never a reason to fail. */
export interface Bar {
  readonly contender: string
  readonly metric: string
  /** The value itself, or its ratio to the baseline. */
  readonly of: 'value' | 'ratio'
  readonly limit: number
}

/** How much work a run puts in. */
export interface Effort {
  readonly rounds: number
  /** Scales counts and durations within a round: 1 in a full run. */
  readonly scale: number
}

export const FULL: Effort = { rounds: 5, scale: 1 }
export const QUICK: Effort = { rounds: 3, scale: 0.2 }
