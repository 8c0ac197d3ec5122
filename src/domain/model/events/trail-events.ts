import type { AgentId } from '../ids.ts'

/** Events of trail sets; the subject is the name of the set. */
export interface TrailEvents {
  'trails.created': {
    readonly settings: {
      readonly evaporation: {
        readonly unit: 'ms' | 'deposits'
        readonly halfLife?: number
        readonly rate?: number
      }
      readonly min: number
      readonly max: number
      readonly initial: number
      readonly limitsApplied: 'read' | 'deposit'
    }
  }
  'trails.deposited': { readonly edgeCount: number; readonly amount: number; readonly agentId?: AgentId }
  'trails.cleared': { readonly edgeCount: number; readonly agentId?: AgentId }
  'trails.deleted': Readonly<Record<string, never>>
}
