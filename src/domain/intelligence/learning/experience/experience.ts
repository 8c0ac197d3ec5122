import type { AgentId, EpochMs, TaskId } from '../../../model/ids.ts'
import type { SwarmEvent } from '../../../ports/records.ts'

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

const OUTCOMES: Readonly<Record<string, ExperienceOutcome>> = {
  'task.completed': 'completed',
  'task.failed': 'failed',
  'task.rejected': 'rejected',
  'task.canceled': 'canceled',
}

/** What the event tells; undefined where it ends no work, or where an earlier version wrote it without a type of task. */
export function experienceOf(event: SwarmEvent): Experience | undefined {
  const { type, subject, sequence, time, data } = event
  const isReport = type === 'learning.outcome'
  const outcome = isReport ? (data['isSuccess'] === true ? 'completed' : 'failed') : OUTCOMES[type]
  const kind = data['taskType']
  if (outcome === undefined || typeof kind !== 'string') return undefined
  const taskId = isReport ? data['taskId'] : subject
  return {
    sequence,
    at: time,
    source: isReport ? 'report' : 'task',
    type: kind,
    outcome,
    ...(typeof taskId === 'string' ? { taskId: taskId as TaskId } : {}),
    ...(typeof data['agentId'] === 'string' ? { agentId: data['agentId'] as AgentId } : {}),
    ...(typeof data['method'] === 'string' ? { method: data['method'] } : {}),
    ...numberOf('durationMs', data['durationMs'] ?? data['runMs']),
    ...numberOf('cost', data['cost']),
    features: (data['features'] as Experience['features'] | undefined) ?? {},
  }
}

function numberOf<N extends string>(name: N, value: unknown): { readonly [K in N]?: number } {
  return (typeof value === 'number' ? { [name]: value } : {}) as { readonly [K in N]?: number }
}
