import type { AgentId } from '../../model/ids.ts'

/** One change of the groups, for the event log. */
export type GroupChange =
  | { readonly type: 'formed'; readonly group: string; readonly members: readonly AgentId[] }
  | { readonly type: 'joined'; readonly group: string; readonly agentId: AgentId }
  | { readonly type: 'left'; readonly group: string; readonly agentId: AgentId }
  /** Members of `from` became a group of their own. */
  | {
      readonly type: 'split'
      readonly group: string
      readonly from: string
      readonly members: readonly AgentId[]
    }
  /** All members of `from` joined, and `from` is no more. */
  | {
      readonly type: 'merged'
      readonly group: string
      readonly from: string
      readonly members: readonly AgentId[]
    }
  /** Fewer than two members were left. */
  | { readonly type: 'dissolved'; readonly group: string }
