import type { BudgetAmounts } from '../budget-record.ts'
import type { AgentId, FencingToken, TaskId } from '../ids.ts'
import type { StrategyKind } from '../strategy-settings.ts'
import type { ResourceAmounts, TaskFailure, TaskPhase, TaskStatus } from '../task-record.ts'

interface OfTask {
  /** Left out in events of earlier versions. */
  readonly taskType?: string
}

/** The assignment that the event is about. */
export interface TaskHolder extends OfTask {
  readonly agentId: AgentId
  readonly attempt: number
  readonly fencingToken: FencingToken
}

/** The same of a task that may never have been held. */
export interface TaskHolderIfAny extends OfTask {
  readonly agentId?: AgentId
  readonly attempt: number
  readonly fencingToken?: FencingToken
}

/** What a replay needs to know of a submitted task. What is left out is empty, or was left out by an earlier version. */
export interface TaskSubmitted {
  readonly taskType: string
  readonly priority: number
  readonly phase: TaskPhase
  readonly capabilities?: readonly string[]
  readonly maxAttempts?: number
  readonly timeoutMs?: number
  readonly delayMs?: number
  /** From the submission. */
  readonly deadlineMs?: number
  readonly dependsOn?: readonly TaskId[]
  readonly parentTaskId?: TaskId
  readonly resources?: ResourceAmounts
  readonly affinityKey?: string
  readonly fairnessKey?: string
  readonly cost?: BudgetAmounts
  readonly labels?: Readonly<Record<string, string>>
  /** UTF-8 bytes. */
  readonly payloadBytes?: number
}

export interface TaskEvents {
  'task.submitted': TaskSubmitted
  'task.unblocked': OfTask & { readonly phase: TaskPhase }
  'task.assigned': TaskHolder & {
    readonly waitMs: number
    /** How the agent was chosen; left out by earlier versions. */
    readonly strategy?: StrategyKind
    /** Agents that could have been chosen. */
    readonly candidateCount?: number
  }
  'task.started': TaskHolder
  'task.progress': TaskHolder & {
    readonly ratio?: number
    readonly message?: string
    readonly waitsFor?: readonly AgentId[]
    readonly status: TaskStatus
  }
  'task.completed': TaskHolder & {
    readonly runMs: number
    /** UTF-8 bytes; left out by earlier versions. */
    readonly resultBytes?: number
  }
  'task.retrying': TaskHolderIfAny & {
    readonly outcome: 'failed' | 'expired'
    readonly failure: TaskFailure
    readonly retryInMs: number
  }
  'task.escalated': OfTask & {
    readonly agentId: AgentId
    readonly attempt: number
    readonly reportingChain: readonly AgentId[]
  }
  'task.released': TaskHolderIfAny & {
    readonly outcome: 'released' | 'revoked' | 'undelivered'
    readonly reason: string
  }
  'task.failed': TaskHolderIfAny & {
    readonly outcome?: 'failed' | 'expired'
    readonly failure: TaskFailure
    readonly phase: TaskPhase
  }
  'task.canceled': TaskHolderIfAny & { readonly reason: string }
  'task.rejected': TaskHolderIfAny & { readonly failure: TaskFailure }
}
