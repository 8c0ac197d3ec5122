import type { BudgetAmounts } from '../model/budget-record.ts'
import type { AgentId, FencingToken, JsonText, SessionId, TaskId } from '../model/ids.ts'
import type { TaskFailure, TaskRecord, TaskSpec } from '../model/task-record.ts'
import type { WaitReason, WaitSummary } from './wait-reason.ts'

export interface NewTask {
  /** Made by the node that received the request, so that a repeated call cannot submit twice. */
  readonly taskId: TaskId
  readonly spec: TaskSpec
  readonly payload: JsonText
  /** The finished task that it does again. */
  readonly retryOf?: TaskId
  /** Who did the stage before it, where its payload is that stage's result already. */
  readonly previousAgentId?: AgentId
}

export interface SubmitRequest {
  /** 1 to 500; all are accepted, or none. */
  readonly tasks: readonly NewTask[]
  readonly idempotency?: { readonly key: string; readonly fingerprint: string }
}

export interface SubmitReply {
  readonly tasks: readonly TaskRecord[]
  /** True where an earlier request with the same Idempotency-Key had made the tasks. */
  readonly isReplay: boolean
}

export interface CancelRequest {
  readonly taskId: TaskId
  readonly reason: string
}

export interface RetryRequest {
  readonly taskId: TaskId
  /** The id of the new task; those of its dependents' retries begin with it. */
  readonly newTaskId: TaskId
  /** Also retry the tasks that failed because this one did not complete, and those that failed because of them. */
  readonly includeDependents: boolean
}

/** An agent's word about a task it holds. */
export interface TaskReport {
  readonly agentId: AgentId
  readonly taskId: TaskId
  readonly fencingToken: FencingToken
  /** Of the channel it came over; left out over HTTP. */
  readonly sessionId?: SessionId
  /** What the attempt used, where the report ends it. */
  readonly usage?: BudgetAmounts
}

export interface ProgressReport extends TaskReport {
  readonly ratio?: number
  readonly message?: string
  /** Agents that have to do something before the task can go on; none where left out. */
  readonly waitsFor?: readonly AgentId[]
  /** Say that a person's input or credentials are waited for, or that work goes on. */
  readonly status?: 'working' | 'input_required' | 'auth_required'
}

export interface CompleteReport extends TaskReport {
  readonly result: JsonText
}

export interface FailReport extends TaskReport {
  readonly failure: TaskFailure
  /** `retry`: another attempt may help. `fail`: none will. `reject`: this task should never have been asked for. */
  readonly kind: 'retry' | 'fail' | 'reject'
}

export interface ReleaseReport extends TaskReport {
  readonly reason: string
}

/** Tasks: what clients ask for, and what agents report. */
export interface TaskService {
  /** @throws `limit_exceeded`, `dependency_not_found`, `parent_not_open`, `deadline_passed`, `idempotency_key_reused`, `idempotency_in_flight` */
  submit(request: SubmitRequest): Promise<SubmitReply>
  /** Cancels the task and all its descendants. @throws `task_not_found`, `task_finished` */
  cancel(request: CancelRequest): Promise<TaskRecord>
  /**
   * Submits a finished task again as a new one, which waits for and receives what the first one did.
   *
   * @throws `task_not_found`, `task_not_finished`, `dependency_not_found`, `limit_exceeded`
   */
  retry(request: RetryRequest): Promise<TaskRecord>
  /** Why a task does not run; empty where an agent holds it or it is over. @throws `task_not_found` */
  explain(request: { readonly taskId: TaskId }): Promise<readonly WaitReason[]>
  /** Why ready tasks wait, most tasks first; what only waits for its turn is left out. */
  waitSummary(): Promise<readonly WaitSummary[]>
  accept(report: TaskReport): Promise<null>
  progress(report: ProgressReport): Promise<null>
  /** Repeating a completion with the token that completed the task answers as the first time did. */
  complete(report: CompleteReport): Promise<TaskRecord>
  fail(report: FailReport): Promise<TaskRecord>
  /** Gives the task back without using up an attempt. */
  release(report: ReleaseReport): Promise<TaskRecord>
}
