import type { AgentId } from '../../model/ids.ts'

/** One line of what a flock has learned, as plain JSON data. */
export type FlockRow =
  | readonly ['skill', agentId: AgentId, kind: string, successes: number, attempts: number]
  | readonly ['kind', kind: string, successes: number, attempts: number]
  | readonly ['all', successes: number, attempts: number]
  | readonly ['work', kind: string, sum: number, weight: number]
  | readonly ['allWork', sum: number, weight: number]
  | readonly ['setUp', sum: number, weight: number]
  | readonly ['demand', kind: string, sum: number]
  | readonly [
      'member',
      agentId: AgentId,
      prepared: readonly string[],
      doesReport: boolean,
      capacity: number,
      aligned: number,
      outcomes: number,
    ]
  | readonly ['group', name: string, members: readonly AgentId[]]
  | readonly ['strangers', agentIds: readonly AgentId[]]
  | readonly ['names', count: number]
