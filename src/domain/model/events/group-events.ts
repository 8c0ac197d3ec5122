import type { AgentId } from '../ids.ts'

/** Events of groups of agents; the subject is the name of the group. */
export interface GroupEvents {
  'group.formed': { readonly members: readonly AgentId[] }
  'group.joined': { readonly agentId: AgentId }
  'group.left': { readonly agentId: AgentId }
  'group.split': { readonly from: string; readonly members: readonly AgentId[] }
  'group.merged': { readonly from: string; readonly members: readonly AgentId[] }
  'group.dissolved': Readonly<Record<string, never>>
}
