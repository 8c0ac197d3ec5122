import type { GroupView as WireGroup } from '#contract/groups.ts'
import type { GroupHistoryEntry, GroupView } from '#domain/intelligence/flocking/group-service.ts'
import { wireTime } from './wire-time.ts'

export function groupView({ group, members, formedAt, centre, history }: GroupView): WireGroup {
  return {
    group,
    members: [...members],
    formedAt: wireTime(formedAt),
    centre: centre.map((kind) => ({ ...kind })),
    history: history.flatMap(historyEntry),
  }
}

function historyEntry({ at, change }: GroupHistoryEntry): WireGroup['history'] {
  // A group that dissolved has no view any more.
  if (change.type === 'dissolved') return []
  const entry = { at: wireTime(at), type: change.type }
  if (change.type === 'joined' || change.type === 'left') return [{ ...entry, agentId: change.agentId }]
  const members = [...change.members]
  return [change.type === 'formed' ? { ...entry, members } : { ...entry, members, from: change.from }]
}
