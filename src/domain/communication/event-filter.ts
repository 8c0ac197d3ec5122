import type { SwarmEvent } from '../model/events.ts'

export interface EventFilter {
  /** Exact types, or prefixes that end in `.*`; all types where left out. */
  readonly types?: readonly string[]
  /** The id of one task, agent or swarm. */
  readonly subject?: string
}

export function matchesEvent(event: SwarmEvent, { types, subject }: EventFilter): boolean {
  if (subject !== undefined && event.subject !== subject) return false
  return types === undefined || types.some((pattern) => matchesType(event.type, pattern))
}

function matchesType(type: string, pattern: string): boolean {
  return pattern.endsWith('.*') ? type.startsWith(pattern.slice(0, -1)) : type === pattern
}
