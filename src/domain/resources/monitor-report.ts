import type { EpochMs } from '../model/ids.ts'
import type { TaskPhase } from '../model/task-record.ts'

/** Milliseconds over the newest window. All 0 where `count` is. */
export interface DurationSummary {
  readonly count: number
  readonly meanMs: number
  readonly p50Ms: number
  readonly p90Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

/** What ResourceMonitor knows of one swarm, read from its event log and its scheduler. */
export interface MonitorReport {
  readonly at: EpochMs
  /** Open tasks by phase. */
  readonly tasks: Readonly<Partial<Record<TaskPhase, number>>>
  readonly openTasks: number
  /** Ready tasks no agent could start yet. */
  readonly queueDepth: number
  /** How long the longest-waiting ready task has waited; 0 where none waits. */
  readonly oldestWaitMs: number
  /** From ready to assigned. */
  readonly wait: DurationSummary
  /** From assigned to completed. */
  readonly run: DurationSummary
  readonly agents: {
    readonly online: number
    readonly suspect: number
    readonly offline: number
    readonly draining: number
    /** Agents that get no work for now because too much of it failed. */
    readonly breakersOpen: number
  }
  readonly slots: number
  readonly slotsBusy: number
  /** slotsBusy / slots, 0 to 1; 0 where there are no slots. */
  readonly utilisation: number
  /** Since this node began to coordinate the swarm. */
  readonly totals: TaskTotals
  /** The same by type of task, for a bounded number of types; further types are counted together as `other`. */
  readonly types: readonly TaskTypeReport[]
}

export interface TaskTotals {
  readonly submitted: number
  readonly completed: number
  readonly failed: number
  readonly canceled: number
  readonly rejected: number
  readonly retried: number
  readonly expired: number
}

/** How many durations fell into each bucket of `DURATION_BOUNDS_MS`, and of all of them the number and the sum. */
export interface DurationCounts {
  readonly counts: readonly number[]
  readonly count: number
  readonly sumMs: number
}

export interface TaskTypeReport {
  readonly taskType: string
  readonly totals: TaskTotals
  /** From ready to assigned. */
  readonly wait: DurationCounts
  /** From assigned to completed. */
  readonly run: DurationCounts
}
