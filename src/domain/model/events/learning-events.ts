import type { AgentId, TaskId } from '../ids.ts'

/**
 * Events of what agents and clients report of their own work; the subject is the agent, or `client`. Events of models and
 * rounds; the subject is the model or the round.
 */
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
  'learning.model_created': { readonly format: 'float32' | 'float64'; readonly shape: readonly number[] }
  'learning.model_updated': { readonly version: number }
  'learning.model_rolled_back': { readonly version: number; readonly from: number }
  'learning.round_opened': {
    readonly model: string
    readonly baseVersion: number
    readonly aggregator: 'fedavg' | 'median' | 'trimmed_mean' | 'krum' | 'multi_krum'
    readonly invitedCount: number
  }
  'learning.update_accepted': {
    readonly model: string
    readonly agentId: AgentId
    readonly sha256: string
    readonly bytes: number
    readonly weight: number
  }
  'learning.update_refused': { readonly model: string; readonly agentId: AgentId; readonly reason: string }
  'learning.coordinator_changed': {
    readonly model: string
    readonly agentId: AgentId
    readonly epoch: number
    readonly term: number
  }
  'learning.round_closed': {
    readonly model: string
    readonly by: 'all_answered' | 'deadline' | 'leader' | 'operator'
    readonly updateCount: number
  }
  'learning.round_completed': {
    readonly model: string
    readonly version: number
    readonly updateCount: number
  }
  'learning.round_failed': {
    readonly model: string
    readonly cause: 'too_few_updates' | 'canceled' | 'model_changed' | 'model_missing' | 'aggregation_failed'
    readonly updateCount: number
  }
}
