import { isOneOf, type SwarmEvent } from '../model/events.ts'
import { type AgentId, type EpochMs, type TaskId, taskId } from '../model/ids.ts'

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

const ATTEMPTS = ['task.assigned', 'task.completed', 'task.retrying', 'task.failed'] as const
const DROPS = ['task.released', 'task.canceled', 'task.rejected'] as const

/** Reads an event; undefined where it tells of no attempt. */
export function attemptNews(event: SwarmEvent): AttemptNews | undefined {
  if (isOneOf(event, DROPS)) return { type: 'dropped', taskId: taskId(event.subject) }
  if (!isOneOf(event, ATTEMPTS)) return undefined
  const id = taskId(event.subject)
  const { agentId, taskType: kind } = event.data
  // A task that failed while it waited had no agent; events of early versions do not name the type.
  if (agentId === undefined || kind === undefined) return { type: 'dropped', taskId: id }
  const attempt = { taskId: id, agentId, kind, at: event.time }
  if (event.type === 'task.assigned') return { type: 'began', attempt }
  const hasSucceeded = event.type === 'task.completed'
  return { type: 'ended', attempt: { ...attempt, hasSucceeded, runMs: hasSucceeded ? event.data.runMs : 0 } }
}
