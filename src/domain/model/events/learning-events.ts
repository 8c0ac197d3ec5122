import type { AgentId, TaskId } from '../ids.ts'

/** Events of what agents and clients report of their own work; the subject is the agent, or `client`. */
export interface LearningEvents {
  'learning.outcome': {
    readonly taskType: string
    readonly method: string
    readonly isSuccess: boolean
    readonly agentId?: AgentId
    readonly taskId?: TaskId
    readonly durationMs?: number
    readonly cost?: number
    readonly features?: Readonly<Record<string, number>>
  }
}
