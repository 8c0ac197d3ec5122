import { CANDIDATES_KEPT_MAX } from '../model/decision-record.ts'
import type { AgentId } from '../model/ids.ts'
import type { Candidate } from '../resources/candidate.ts'
import { requirementOf } from '../resources/requirement.ts'
import { Room } from '../resources/room.ts'
import type { StageOrder } from '../topology/stage-order.ts'
import type { DistributionContext, DistributionStrategy, PlannedAssignment } from './distribution-strategy.ts'

/**
 * A strategy for stages of pipelines, and another for all else: a stage goes to the next member, behind the one that
 * did the stage before, that is capable and has room.
 */
export function alongTheRing(others: DistributionStrategy, order: StageOrder): DistributionStrategy {
  return {
    name: others.name,
    plan(context) {
      const plan = planStages(context, order)
      // The other tasks have a round of their own, which knows what these took.
      return plan.length > 0 ? plan : others.plan(context)
    },
  }
}

function planStages(
  { tasks, candidatesFor }: DistributionContext,
  order: StageOrder,
): readonly PlannedAssignment[] {
  const room = new Room()
  const plan: PlannedAssignment[] = []
  for (const entry of tasks) {
    const previous = entry.previousAgentId
    const members = previous === undefined ? undefined : order.membersAfter(previous)
    if (members === undefined) continue
    const candidates = candidatesFor(requirementOf(entry.capabilities, entry.resources))
    const inOrder = sorted(candidates, members).filter(({ candidate }) =>
      room.fits(candidate, entry.resources),
    )
    const [winner] = inOrder
    if (winner === undefined) continue
    plan.push({
      entry,
      agentId: winner.candidate.agentId,
      reason: `the next capable member with room after ${previous}, which did the stage before`,
      candidateCount: candidates.length,
      candidates: inOrder.slice(0, CANDIDATES_KEPT_MAX).map(({ candidate, place }) => ({
        agentId: candidate.agentId,
        score: place,
        activeTasks: room.load(candidate),
        slots: candidate.slots,
      })),
    })
    room.take(winner.candidate, entry.resources)
  }
  return plan
}

function sorted(
  candidates: readonly Candidate[],
  members: readonly AgentId[],
): readonly { readonly candidate: Candidate; readonly place: number }[] {
  const places = new Map(members.map((agentId, index) => [agentId, index + 1]))
  return candidates
    .flatMap((candidate) => {
      const place = places.get(candidate.agentId)
      return place === undefined ? [] : [{ candidate, place }]
    })
    .toSorted((a, b) => a.place - b.place)
}
