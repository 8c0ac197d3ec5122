import type { ReadyEntry } from '../ports/ready-queue.ts'
import type { TreePosition } from '../topology/reporting-tree.ts'

/** Why a task went down the tree as it did, for people. @param wanted where it was to begin @param from where it did */
export function delegationReason(
  entry: ReadyEntry,
  wanted: TreePosition,
  from: TreePosition,
  to: TreePosition,
): string {
  return `${origin(entry, wanted)}${detour(wanted, from)}, ${end(entry, from, to)}`
}

function origin({ failedAgentIds, delegators }: ReadyEntry, wanted: TreePosition): string {
  const failed = failedAgentIds?.at(-1)
  if (failed === wanted.agentId) return `delegated anew by ${failed}, which failed at it`
  if (failed !== undefined) return `escalated to ${wanted.agentId} after ${failed} failed at it`
  if (delegators !== undefined && delegators[0] === wanted.agentId)
    return `delegated by ${wanted.agentId}, which holds its parent`
  return `delegated by the root ${wanted.agentId}`
}

function detour(wanted: TreePosition, from: TreePosition): string {
  return wanted === from ? '' : `, passed up to ${from.agentId} since nobody nearer can take it now`
}

function end({ failedAgentIds }: ReadyEntry, from: TreePosition, to: TreePosition): string {
  if (failedAgentIds?.includes(to.agentId) === true)
    return `back to ${to.agentId}: nobody else can take it now`
  if (to.reports.length === 0 && to !== from)
    return `down by the least loaded branches to the leaf ${to.agentId}`
  return `done by ${to.agentId} itself: nobody below can take it now`
}
