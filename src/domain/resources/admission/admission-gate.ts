import type { BudgetUnit } from '../../model/budget-record.ts'
import type { EpochMs, TaskId } from '../../model/ids.ts'
import type { ReadyEntry } from '../../ports/ready-queue.ts'

/** What decides whether a task may start now; equal facts get equal answers at one time. */
export type AdmissionFacts = Pick<
  ReadyEntry,
  'taskId' | 'type' | 'capabilities' | 'resources' | 'fairnessKey' | 'fairnessWeight' | 'cost' | 'rootTaskId'
>

/** Why a ready task may not start now, whatever agents are free. `target` names the control, see `controlId`. */
export type Hold =
  | { readonly code: 'paused'; readonly target: string; readonly since: EpochMs; readonly reason: string }
  | {
      readonly code: 'concurrency_limit'
      readonly target: string
      readonly limit: number
      readonly runningCount: number
    }
  | { readonly code: 'rate_limit'; readonly target: string; readonly retryInMs: number }
  | { readonly code: 'budget_exhausted'; readonly target: string; readonly unit: BudgetUnit }

/** One kind of control over what may start. A gate keeps no clock and writes nothing. */
export interface AdmissionGate {
  /** Undefined where this gate lets the task start. */
  holdOf(task: AdmissionFacts, now: EpochMs): Hold | undefined
  /** An assignment of the task is being made: it is counted from now on. It is not counted yet. */
  start(task: AdmissionFacts, now: EpochMs): void
  /** The assignment came to nothing. */
  cancel(taskId: TaskId, now: EpochMs): void
  /** The assignment is in the store. */
  assigned?(taskId: TaskId): void
  /** The assignment has ended. */
  end(taskId: TaskId): void
}
