import { CANDIDATES_KEPT_MAX, type CandidateScore } from '../../model/decision-record.ts'
import type { AgentId } from '../../model/ids.ts'
import type { Candidate } from '../../resources/candidate.ts'
import { requirementOf } from '../../resources/requirement.ts'
import { Room } from '../../resources/room.ts'
import type {
  DistributionContext,
  DistributionStrategy,
  PlannedAssignment,
} from '../distribution-strategy.ts'

/** How an agent stands while a plan is made. */
interface Standing {
  score: CandidateScore
  /** Drawn anew for every task; decides between equals. */
  draw: number
}

/**
 * Each task in turn goes to the capable agent with the least load relative to its slots, ties at random. Load counts
 * what was planned a moment ago, so that several tasks at once spread over the agents.
 */
export const leastLoaded: DistributionStrategy = {
  kind: 'least_loaded',
  plan(context: DistributionContext): readonly PlannedAssignment[] {
    const room = new Room()
    const standings = new Map<AgentId, Standing>()
    const plan: PlannedAssignment[] = []
    const standingOf = (candidate: Candidate): Standing => {
      const known = standings.get(candidate.agentId)
      if (known !== undefined) return known
      const standing = { score: scoreOf(candidate, room.load(candidate)), draw: 0 }
      standings.set(candidate.agentId, standing)
      return standing
    }
    for (const entry of context.tasks) {
      const candidates = context.candidatesFor(requirementOf(entry.capabilities, entry.resources))
      const best: Standing[] = []
      for (const candidate of candidates) {
        if (!room.fits(candidate, entry.resources)) continue
        const standing = standingOf(candidate)
        standing.draw = context.random.next()
        insert(best, standing)
      }
      const [winner] = best
      if (winner === undefined) continue
      plan.push({
        entry,
        agentId: winner.score.agentId,
        reason: reasonFor(best),
        candidateCount: candidates.length,
        candidates: best.map(({ score }) => score),
      })
      room.take(winner.score, entry.resources)
      // Only the winner stands differently now.
      winner.score = scoreOf(winner.score, winner.score.activeTasks + 1)
    }
    return plan
  },
}

/** Keeps the few with the lowest scores, lowest first. */
function insert(best: Standing[], standing: Standing): void {
  const worst = best.at(-1)
  if (best.length === CANDIDATES_KEPT_MAX && worst !== undefined && !precedes(standing, worst)) return
  let at = best.length
  for (let before = best[at - 1]; before !== undefined && precedes(standing, before); before = best[at - 1])
    at -= 1
  best.splice(at, 0, standing)
  if (best.length > CANDIDATES_KEPT_MAX) best.pop()
}

function precedes(a: Standing, b: Standing): boolean {
  return a.score.score < b.score.score || (a.score.score === b.score.score && a.draw < b.draw)
}

function reasonFor([winner, second]: readonly Standing[]): string {
  if (winner === undefined || second === undefined) return 'the only capable agent with room'
  if (winner.score.score === second.score.score)
    return 'least loaded relative to its slots; tie broken at random'
  return 'least loaded relative to its slots'
}

function scoreOf(
  { agentId, slots }: Pick<Candidate, 'agentId' | 'slots'>,
  activeTasks: number,
): CandidateScore {
  return { agentId, score: activeTasks / slots, activeTasks, slots }
}
