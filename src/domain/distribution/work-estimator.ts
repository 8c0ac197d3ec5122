import type { AgentId, TaskId } from '../model/ids.ts'
import type { ReadyEntry } from '../ports/ready-queue.ts'

/** What is known of a task before it runs. */
export type TaskFacts = Pick<ReadyEntry, 'type' | 'affinityKey'>

/** How an attempt at a task ended. */
export interface TaskOutcome {
  readonly taskId: TaskId
  readonly type: string
  readonly agentId: AgentId
  readonly isCompleted: boolean
  /** From assignment to the end, in milliseconds. */
  readonly runMs: number
}

/** Expects how long work takes, from how long it took. */
export interface WorkEstimator {
  /** Milliseconds that the task takes on an agent of speed 1, without set-up; undefined without any basis. */
  workMs(task: TaskFacts): number | undefined
  /** How many times as fast as a common agent it works; 1 without any basis. */
  speedOf(agentId: AgentId): number
  /**
   * Milliseconds that the agent needs to set itself up for the task, 0 where it is set up.
   *
   * @param after the task that it does before; left out where it starts with this one
   */
  setupMs(agentId: AgentId, task: TaskFacts, after?: TaskFacts): number
  /** The agent was given the task. */
  started(agentId: AgentId, taskId: TaskId, task: TaskFacts): void
  observe(outcome: TaskOutcome): void
}
