import { isOneOf, type SwarmEvent } from '../../../model/events.ts'
import { type AgentId, type EpochMs, type TaskId, taskId } from '../../../model/ids.ts'

export type ExperienceOutcome = 'completed' | 'failed' | 'rejected' | 'canceled'

/** How one piece of work ended: a finished task, or an outcome that an agent reported of its own work. */
export interface Experience {
  /** Of the event it comes from. */
  readonly sequence: number
  readonly at: EpochMs
  readonly source: 'task' | 'report'
  /** Kind of work. */
  readonly type: string
  readonly outcome: ExperienceOutcome
  readonly taskId?: TaskId
  /** The agent that did it; left out where a task ended without one. */
  readonly agentId?: AgentId
  /** How it was done, in the words of the agent that reported it. */
  readonly method?: string
  /** In milliseconds. */
  readonly durationMs?: number
  /** In the swarm's own unit. */
  readonly cost?: number
  readonly features: Readonly<Record<string, number>>
}

const OUTCOMES = {
  'task.completed': 'completed',
  'task.failed': 'failed',
  'task.rejected': 'rejected',
  'task.canceled': 'canceled',
} as const satisfies Readonly<Record<string, ExperienceOutcome>>
const ENDS = Object.keys(OUTCOMES) as readonly (keyof typeof OUTCOMES)[]

/** What the event tells; undefined where it ends no work, or where an earlier version wrote it without a type of task. */
export function experienceOf(event: SwarmEvent): Experience | undefined {
  const { subject, sequence, time: at } = event
  if (event.type === 'learning.outcome') {
    const { taskType: type, isSuccess, features = {}, ...facts } = event.data
    const outcome = isSuccess ? 'completed' : 'failed'
    return { sequence, at, source: 'report', type, outcome, ...facts, features }
  }
  if (!isOneOf(event, ENDS)) return undefined
  const { taskType: type, agentId } = event.data
  if (type === undefined) return undefined
  return {
    sequence,
    at,
    source: 'task',
    type,
    outcome: OUTCOMES[event.type],
    taskId: taskId(subject),
    ...(agentId === undefined ? {} : { agentId }),
    ...(event.type === 'task.completed' ? { durationMs: event.data.runMs } : {}),
    features: {},
  }
}
