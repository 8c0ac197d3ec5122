import type { EpochMs, FencingToken, JsonText, TaskId } from './ids.ts'
import type { TaskSpec } from './task-record.ts'

/** What an agent is given: the task, its payload, and the right to do it. */
export interface Assignment {
  readonly taskId: TaskId
  /** Needed for progress, completion, failure and release. */
  readonly fencingToken: FencingToken
  /** 1 for the first try. */
  readonly attempt: number
  readonly leaseMs: number
  /** Advice: when the lease ends unless it is renewed, by the coordinating node's wall clock. */
  readonly expiresAt: EpochMs
  readonly spec: TaskSpec
  readonly payload: JsonText
}

/** A task an agent says it holds. */
export interface HeldTask {
  readonly taskId: TaskId
  readonly fencingToken: FencingToken
}
