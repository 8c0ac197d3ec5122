import { CANDIDATES_KEPT_MAX } from '../../model/decision-record.ts'
import type { AgentId, TaskId } from '../../model/ids.ts'
import type { ReadyEntry } from '../../ports/ready-queue.ts'
import type { Candidate } from '../../resources/candidate.ts'
import { requirementOf } from '../../resources/requirement.ts'
import { Room } from '../../resources/room.ts'
import type { StageOrder } from '../../topology/stage-order.ts'
import type { DistributionContext, PlannedAssignment, Planner } from '../distribution-strategy.ts'

/**
 * Plans stages of pipelines, and leaves all else to the strategy of the swarm: a stage goes to the next member, behind the
 * one that did the stage before, that is capable and has room.
 */
export class PipelineStrategy implements Planner {
  readonly #others: Planner
  readonly #order: StageOrder
  /** Stages that wait. */
  readonly #stages = new Set<TaskId>()

  constructor(others: Planner, order: StageOrder) {
    this.#others = others
    this.#order = order
  }

  onReady({ taskId, previousAgentId }: ReadyEntry): void {
    if (previousAgentId !== undefined) this.#stages.add(taskId)
  }

  onGone(taskId: TaskId): void {
    this.#stages.delete(taskId)
  }

  plan(context: DistributionContext): readonly PlannedAssignment[] {
    if (this.#stages.size === 0) return this.#others.plan(context)
    const plan = planStages(context, this.#order)
    // The other tasks have a round of their own, which knows what these took.
    if (plan.length > 0) return plan
    const isStage = ({ previousAgentId }: ReadyEntry): boolean =>
      previousAgentId !== undefined && this.#order.membersAfter(previousAgentId) !== undefined
    return this.#others.plan(narrowed(context, (entry) => !isStage(entry)))
  }
}

/** The same context with some of the tasks only. */
function narrowed(
  context: DistributionContext,
  isIncluded: (entry: ReadyEntry) => boolean,
): DistributionContext {
  return {
    ...context,
    tasks: context.tasks.filter(isIncluded),
    mayStart: (entry) => isIncluded(entry) && context.mayStart(entry),
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
