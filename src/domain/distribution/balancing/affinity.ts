import type { Candidate } from '../../resources/candidate.ts'

/**
 * The agent that tasks with this key go to: the same as long as the agent stays capable and in service; when it leaves,
 * only its keys move.
 *
 * Rendezvous hashing: Thaler and Ravishankar, "Using name-based mappings to increase hit rates" (1998).
 */
export function preferredAgent(affinityKey: string, members: readonly Candidate[]): Candidate | undefined {
  let best: Candidate | undefined
  let bestHash = -1
  for (const member of members) {
    const hash = hash32(`${affinityKey}\u0000${member.agentId}`)
    if (hash > bestHash || (hash === bestHash && best !== undefined && member.agentId < best.agentId)) {
      best = member
      bestHash = hash
    }
  }
  return best
}

/** FNV-1a over UTF-16 code units with the final mix of MurmurHash3: spreads keys, and is no cryptography. */
function hash32(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
