import { type CandidateScore } from '../../model/decision-record.ts'
import type { Random } from '../../ports/random.ts'
import type { Candidate } from '../../resources/candidate.ts'
import { requirementOf } from '../../resources/requirement.ts'
import { Room } from '../../resources/room.ts'
import type { DistributionContext, PlannedAssignment, Planner } from '../distribution-strategy.ts'

/**
 * Each task goes to the less loaded of two random agents that could start it, by loads as they are now (M. Mitzenmacher,
 * "The power of two choices in randomized load balancing", IEEE TPDS 2001). The choice depends on no board that
 * could be old, and no agent attracts everything at once: the answer of the swarm to herding.
 */
export const spreadStrategy: Planner = {
  plan({ tasks, candidatesFor, random }: DistributionContext): readonly PlannedAssignment[] {
    const room = new Room()
    const plan: PlannedAssignment[] = []
    for (const entry of tasks) {
      const candidates = candidatesFor(requirementOf(entry.capabilities, entry.resources))
      const open = candidates.filter((candidate) => room.fits(candidate, entry.resources))
      const pair = twoOf(open, random).map((candidate) => scoreOf(candidate, room.load(candidate)))
      const [winner] = pair.toSorted((a, b) => a.score - b.score)
      if (winner === undefined) continue
      plan.push({
        entry,
        agentId: winner.agentId,
        reason: 'the less loaded of two random agents: the load is being spread against herding',
        candidateCount: candidates.length,
        candidates: pair.toSorted((a, b) => a.score - b.score),
      })
      room.take(winner, entry.resources)
    }
    return plan
  },
}

/** Two different items at random; all where there are fewer. */
export function twoOf<T>(items: readonly T[], random: Random): readonly T[] {
  if (items.length < 2) return items
  const first = Math.floor(random.next() * items.length)
  const second = (first + 1 + Math.floor(random.next() * (items.length - 1))) % items.length
  return [items[first], items[second]] as T[]
}

function scoreOf({ agentId, slots }: Candidate, activeTasks: number): CandidateScore {
  return { agentId, score: activeTasks / slots, activeTasks, slots }
}
