import type { AgentId, EpochMs, TaskId } from '../model/ids.ts'

/** Why a task does not run. */
export const WAIT_CODES = [
  'dependency',
  'delayed',
  'retrying',
  'paused',
  'concurrency_limit',
  'rate_limit',
  'budget_exhausted',
  'no_capable_agent',
  'no_agent_large_enough',
  'agents_offline',
  'agents_draining',
  'agents_quarantined',
  'agents_circuit_open',
  'agents_not_asking',
  'agents_busy',
  'in_line',
] as const
export type WaitCode = (typeof WAIT_CODES)[number]

export interface WaitReason {
  readonly code: WaitCode
  /** For people. */
  readonly message: string
  /** What can end the wait. `time`: it ends by itself. */
  readonly changedBy: 'operator' | 'client' | 'agents' | 'time'
  /** The limit, pause or budget, as in `controlId`. */
  readonly target?: string
  /** Of those that are concerned, at most {@link NAMED_MAX}. */
  readonly agentIds?: readonly AgentId[]
  readonly agentCount?: number
  /** What it depends on and is not over, at most {@link NAMED_MAX}. */
  readonly waitingFor?: readonly TaskId[]
  /** When the last agent that could do it was removed. */
  readonly since?: EpochMs
  /** When the wait ends at the earliest. */
  readonly until?: EpochMs
  /** 1 for the next task that such agents get. */
  readonly position?: number
  /** From the mean run time; left out where no task has run yet. */
  readonly estimatedWaitMs?: number
}

export const NAMED_MAX = 10

/** Why tasks wait, by reason. */
export interface WaitSummary {
  readonly code: WaitCode
  readonly message: string
  readonly taskCount: number
}
