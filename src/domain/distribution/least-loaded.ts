import { CANDIDATES_KEPT_MAX, type CandidateScore } from './decision-record.ts'
import type {
  Candidate,
  DistributionContext,
  DistributionStrategy,
  PlannedAssignment,
} from './distribution-strategy.ts'
import { requirementOf } from './requirement.ts'
import { Room } from './room.ts'

interface Scored {
  readonly candidate: Candidate
  readonly score: number
  readonly draw: number
}

/**
 * Each task in turn goes to the capable agent with the least load relative to its slots, ties at random. Load counts
 * what was planned a moment ago, so that several tasks at once spread over the agents.
 */
export const leastLoaded: DistributionStrategy = {
  name: 'least_loaded',
  plan(context: DistributionContext): readonly PlannedAssignment[] {
    const room = new Room()
    const plan: PlannedAssignment[] = []
    for (const entry of context.tasks) {
      const candidates = context.candidatesFor(requirementOf(entry.capabilities, entry.resources))
      const best = bestOf(candidates, (candidate) => room.fits(candidate, entry.resources), room, context)
      const [winner] = best
      if (winner === undefined) continue
      plan.push({
        entry,
        agentId: winner.candidate.agentId,
        reason: reasonFor(best),
        candidateCount: candidates.length,
        candidates: best.map((scored) => toScore(scored, room)),
      })
      room.take(winner.candidate, entry.resources)
    }
    return plan
  },
}

/** The few with the lowest scores, lowest first, in one pass over all. */
function bestOf(
  candidates: readonly Candidate[],
  isPossible: (candidate: Candidate) => boolean,
  room: Room,
  { random }: DistributionContext,
): readonly Scored[] {
  const best: Scored[] = []
  for (const candidate of candidates) {
    if (!isPossible(candidate)) continue
    const scored = { candidate, score: room.load(candidate) / candidate.slots, draw: random.next() }
    const worst = best.at(-1)
    if (best.length === CANDIDATES_KEPT_MAX && worst !== undefined && !precedes(scored, worst)) continue
    let at = best.length
    for (let before = best[at - 1]; before !== undefined && precedes(scored, before); before = best[at - 1])
      at -= 1
    best.splice(at, 0, scored)
    if (best.length > CANDIDATES_KEPT_MAX) best.pop()
  }
  return best
}

function precedes(a: Scored, b: Scored): boolean {
  return a.score < b.score || (a.score === b.score && a.draw < b.draw)
}

function reasonFor([winner, second]: readonly Scored[]): string {
  if (winner === undefined || second === undefined) return 'the only capable agent with room'
  if (winner.score === second.score) return 'least loaded relative to its slots; tie broken at random'
  return 'least loaded relative to its slots'
}

function toScore({ candidate, score }: Scored, room: Room): CandidateScore {
  const { agentId, slots } = candidate
  return { agentId, score, activeTasks: room.load(candidate), slots }
}
