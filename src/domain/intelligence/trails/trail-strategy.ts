import type {
  DistributionContext,
  DistributionStrategy,
  PlannedAssignment,
} from '../../distribution/distribution-strategy.ts'
import { CANDIDATES_KEPT_MAX } from '../../model/decision-record.ts'
import type { Candidate } from '../../resources/candidate.ts'
import { requirementOf } from '../../resources/requirement.ts'
import { Room } from '../../resources/room.ts'
import type { AgentTrails } from './agent-trails.ts'

/** Agents with room that one task is compared with; more are left out, in turn from task to task. */
const COMPARED_MAX = 200

/** Each task goes to an agent with room, drawn by the strength of its trail for the type of the task. */
export class TrailStrategy implements DistributionStrategy {
  readonly kind = 'trails'
  readonly #trails: () => AgentTrails
  #turn = 0

  constructor(trails: () => AgentTrails) {
    this.#trails = trails
  }

  plan(context: DistributionContext): readonly PlannedAssignment[] {
    const room = new Room()
    const plan: PlannedAssignment[] = []
    for (const entry of context.tasks) {
      const candidates = context
        .candidatesFor(requirementOf(entry.capabilities, entry.resources))
        .filter((candidate) => room.fits(candidate, entry.resources))
      const compared = this.#some(candidates)
      const type = entry.type ?? ''
      const chosen = this.#trails().draw(type, compared, context.random)
      if (chosen === undefined) continue
      const scored = compared
        .map((candidate) => ({ candidate, score: this.#trails().level(type, candidate.agentId) }))
        .toSorted((a, b) => b.score - a.score)
      const others = scored.filter(({ candidate }) => candidate !== chosen)
      const winner = { candidate: chosen, score: this.#trails().level(type, chosen.agentId) }
      plan.push({
        entry,
        agentId: chosen.agentId,
        reason: `drawn by the trails of ${type}: level ${winner.score.toFixed(3)} among ${compared.length} agents`,
        candidateCount: candidates.length,
        candidates: [winner, ...others].slice(0, CANDIDATES_KEPT_MAX).map(({ candidate, score }) => ({
          agentId: candidate.agentId,
          score,
          activeTasks: room.load(candidate),
          slots: candidate.slots,
        })),
      })
      room.take(chosen, entry.resources)
    }
    return plan
  }

  /** At most {@link COMPARED_MAX}, others each time. */
  #some(candidates: readonly Candidate[]): readonly Candidate[] {
    if (candidates.length <= COMPARED_MAX) return candidates
    this.#turn = (this.#turn + COMPARED_MAX) % candidates.length
    return [...candidates.slice(this.#turn), ...candidates.slice(0, this.#turn)].slice(0, COMPARED_MAX)
  }
}
