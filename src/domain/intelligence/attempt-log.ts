import { type AgentId, agentId, type EpochMs, type TaskId, taskId } from '../model/ids.ts'
import type { SwarmEvent } from '../ports/records.ts'

/** What the log tells of one attempt at a task. */
export type AttemptNews =
  | { readonly type: 'began'; readonly attempt: StartedAttempt }
  | { readonly type: 'ended'; readonly attempt: EndedAttempt }
  /** Taken back, given back or canceled: it says nothing of the agent. */
  | { readonly type: 'dropped'; readonly taskId: TaskId }

export interface StartedAttempt {
  readonly taskId: TaskId
  readonly agentId: AgentId
  /** The type of the task. */
  readonly kind: string
  readonly at: EpochMs
}

export interface EndedAttempt extends StartedAttempt {
  readonly hasSucceeded: boolean
  /** From assignment to the end; 0 where the attempt failed. */
  readonly runMs: number
}

const FAILURES: ReadonlySet<string> = new Set(['task.retrying', 'task.failed'])
const DROPS: ReadonlySet<string> = new Set(['task.released', 'task.canceled', 'task.rejected'])

/** Reads an event; undefined where it tells of no attempt. */
export function attemptNews({ type, subject, time, data }: SwarmEvent): AttemptNews | undefined {
  const id = taskId(subject)
  if (DROPS.has(type)) return { type: 'dropped', taskId: id }
  if (type !== 'task.assigned' && type !== 'task.completed' && !FAILURES.has(type)) return undefined
  const { agentId: agent, taskType, runMs } = data
  // A task that failed while it waited had no agent; events of early versions do not name the type.
  if (typeof agent !== 'string' || typeof taskType !== 'string') return { type: 'dropped', taskId: id }
  const attempt = { taskId: id, agentId: agentId(agent), kind: taskType, at: time }
  if (type === 'task.assigned') return { type: 'began', attempt }
  const hasSucceeded = type === 'task.completed'
  return {
    type: 'ended',
    attempt: { ...attempt, hasSucceeded, runMs: typeof runMs === 'number' ? runMs : 0 },
  }
}
