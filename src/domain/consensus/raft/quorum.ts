import type { AgentId } from '../../model/ids.ts'

/** Voters are few, so that every one of them can be asked at every election. */
export const RAFT_VOTERS_MAX = 11

/** More than half of the voters; nobody else counts. */
export function isQuorum(voters: readonly AgentId[], has: (voter: AgentId) => boolean): boolean {
  return voters.filter((voter) => has(voter)).length * 2 > voters.length
}

/** The highest index that more than half of the voters have reached (§3.5). */
export function quorumIndex(voters: readonly AgentId[], indexOf: (voter: AgentId) => number): number {
  const descending = voters.map((voter) => indexOf(voter)).toSorted((a, b) => b - a)
  return descending[Math.floor(voters.length / 2)] ?? 0
}
