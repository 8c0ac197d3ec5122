import type { SwarmEvent } from '#domain/model/events.ts'

/** What a reader that has only the log knows of a topology. */
export interface LoggedTopology {
  readonly kind: string
  readonly version: number
  readonly leaderId: string | null
  readonly members: readonly string[]
  readonly links: readonly string[]
}

/** Rebuilds a topology from its events by the rules of docs/topologies.md, and by nothing else. */
export function topologyFromLog(events: readonly SwarmEvent[]): LoggedTopology {
  let [kind, version, branching] = ['mesh', 0, 0]
  let leaderId: string | null = null
  const members: string[] = []

  function toRoot(agentId: string): void {
    const place = members.indexOf(agentId)
    if (kind === 'hierarchical') [members[0], members[place]] = [agentId, members[0] ?? agentId]
  }
  for (const { type, subject, data } of events) {
    if (type !== 'topology.changed') continue
    ;({ kind, version, branching = 0 } = data as { kind: string; version: number; branching?: number })
    switch (data['cause']) {
      case 'joined':
        members.push(subject)
        break
      case 'left':
      case 'died': {
        const place = members.indexOf(subject)
        const last = members.length - 1
        if (kind === 'hierarchical') {
          members[place] = members[last] ?? subject
          members.pop()
        } else members.splice(place, 1)
        if (leaderId === subject) leaderId = null
        break
      }
      case 'leader_elected':
        leaderId = subject
        toRoot(subject)
        break
      case 'leader_lost':
        leaderId = null
        break
      case 'switched':
        if (leaderId !== null) toRoot(leaderId)
        break
      default:
    }
  }
  return { kind, version, leaderId, members, links: linksOf(kind, branching, members) }
}

function linksOf(kind: string, branching: number, members: readonly string[]): readonly string[] {
  if (kind === 'mesh' || members.length < 2) return []
  return members.flatMap((member, place) => {
    if (kind === 'ring') return [`${member} > ${members[(place + 1) % members.length]}`]
    return place === 0 ? [] : [`${members[Math.floor((place - 1) / branching)]} > ${member}`]
  })
}
