import { CANDIDATES_KEPT_MAX, type CandidateScore } from '../../model/decision-record.ts'
import type { AgentId } from '../../model/ids.ts'
import type { ReadyEntry } from '../../ports/ready-queue.ts'
import type { AgentLoad, Candidate } from '../../resources/candidate.ts'
import { requirementOf } from '../../resources/requirement.ts'
import { Room } from '../../resources/room.ts'
import { pathDownTo, type ReportingTree, type TreePosition } from '../../topology/reporting-tree.ts'
import { BranchSums } from '../branch-sums.ts'
import { delegationReason } from '../delegation-reason.ts'
import type { DistributionContext, PlannedAssignment, Planner } from '../distribution-strategy.ts'
import { Openings } from '../openings.ts'

export interface Hierarchy {
  /** As it stands now; undefined while the swarm is not hierarchical. */
  tree(): ReportingTree | undefined
  /** Of any member, whether it could take more or not. */
  loadOf(agentId: AgentId): AgentLoad
}

/** One task on its way down. */
interface Descent {
  /** Where it was to begin. */
  readonly wanted: TreePosition
  /** Where it began: the nearest above in whose branch anybody could take it. */
  readonly from: TreePosition
  readonly to: TreePosition
  /** The heads of the branches it could have gone to in the last step, the chosen one first. */
  readonly beside: readonly TreePosition[]
}

/**
 * Plans tasks in hierarchical swarms, and leaves all else to the strategy of the swarm. A task enters at the root, and each
 * manager hands it to the branch below that can take it now and is least loaded relative to its slots, down to a leaf; a
 * manager does itself only what nobody below can take. What a manager split off its own task enters at that manager, and
 * what failed at the manager of the agent that failed; where nobody there can take it, it goes up until somebody can.
 */
export class DelegationStrategy implements Planner {
  readonly #others: Planner
  readonly #hierarchy: Hierarchy

  constructor(others: Planner, hierarchy: Hierarchy) {
    this.#others = others
    this.#hierarchy = hierarchy
  }

  plan(context: DistributionContext): readonly PlannedAssignment[] {
    const tree = this.#hierarchy.tree()
    if (tree === undefined) return this.#others.plan(context)
    const round = new DelegationRound(tree, this.#hierarchy, context)
    const plan = context.tasks.flatMap((entry) => round.delegate(entry) ?? [])
    if (plan.length > 0) return plan
    // Only agents that are not in the tree are left for a round in which nobody in it could take anything.
    const isOutside = ({ agentId }: Candidate): boolean => tree.find(agentId) === undefined
    return this.#others.plan({
      ...context,
      candidatesFor: (requirement) => context.candidatesFor(requirement).filter(isOutside),
      candidate: (agentId) => (tree.find(agentId) === undefined ? context.candidate(agentId) : undefined),
    })
  }
}

/** One plan. Loads are summed up once and kept true with every pick, so that a batch does not herd. */
class DelegationRound {
  readonly #tree: ReportingTree
  readonly #context: DistributionContext
  /** What each post held when the round began, by index. */
  readonly #loads: readonly AgentLoad[]
  readonly #held: BranchSums
  readonly #slots: BranchSums
  readonly #room = new Room()
  readonly #planned = new Map<TreePosition, number>()
  readonly #openings = new Map<string, Openings>()

  constructor(tree: ReportingTree, hierarchy: Hierarchy, context: DistributionContext) {
    this.#tree = tree
    this.#context = context
    this.#loads = tree.posts.map(({ agentId }) => hierarchy.loadOf(agentId))
    this.#held = new BranchSums(tree, (index) => this.#loads[index]?.activeTasks ?? 0)
    this.#slots = new BranchSums(tree, (index) => this.#loads[index]?.slots ?? 0)
  }

  /** @returns undefined where nobody in the tree could take it */
  delegate(entry: ReadyEntry): PlannedAssignment | undefined {
    const openings = this.#openingsFor(entry)
    const failed = (entry.failedAgentIds ?? []).flatMap((agentId) => this.#tree.find(agentId) ?? [])
    const descent =
      openings.without(failed, () => this.#descend(entry, openings)) ??
      // Those who failed at it come last, but a task must not wait for ever for others.
      (failed.length > 0 ? this.#descend(entry, openings) : undefined)
    if (descent === undefined) return undefined
    const { wanted, from, to, beside } = descent
    const planned: PlannedAssignment = {
      entry,
      agentId: to.agentId,
      reason: delegationReason(entry, wanted, from, to),
      candidateCount: openings.candidateCount,
      candidates: beside.slice(0, CANDIDATES_KEPT_MAX).map((head) => this.#score(head)),
      delegationPath: pathDownTo(to),
    }
    this.#take(to, entry, openings)
    return planned
  }

  #descend(entry: ReadyEntry, openings: Openings): Descent | undefined {
    const wanted = this.#entrance(entry)
    let from = wanted
    while (from !== undefined && !openings.isIn(from)) from = from.manager
    if (wanted === undefined || from === undefined) return undefined
    let beside: readonly TreePosition[] = [from]
    for (;;) {
      const to: TreePosition = beside[0] ?? from
      const branches = to.reports.filter((report) => openings.isIn(report))
      if (branches.length === 0) return { wanted, from, to, beside }
      beside = this.#leastLoadedFirst(branches)
    }
  }

  /** The first of its delegators that is still there, or else the root. */
  #entrance({ delegators = [] }: ReadyEntry): TreePosition | undefined {
    const present = delegators.find((agentId) => this.#tree.find(agentId) !== undefined)
    return present === undefined ? this.#tree.root : this.#tree.find(present)
  }

  #leastLoadedFirst(branches: readonly TreePosition[]): readonly TreePosition[] {
    if (branches.length === 1) return branches
    const { random } = this.#context
    return branches
      .map((head) => ({ head, load: this.#load(head), draw: random.next() }))
      .toSorted((a, b) => a.load - b.load || a.draw - b.draw)
      .map(({ head }) => head)
  }

  #load(head: TreePosition): number {
    return this.#held.of(head) / Math.max(1, this.#slots.of(head))
  }

  #score(head: TreePosition): CandidateScore {
    const { activeTasks = 0, slots = 0 } = this.#loads[head.index] ?? {}
    return {
      agentId: head.agentId,
      score: this.#load(head),
      activeTasks: activeTasks + (this.#planned.get(head) ?? 0),
      slots,
    }
  }

  #take(post: TreePosition, { resources }: ReadyEntry, openings: Openings): void {
    const candidate = openings.at(post)
    if (candidate !== undefined) this.#room.take(candidate, resources)
    this.#planned.set(post, (this.#planned.get(post) ?? 0) + 1)
    this.#held.add(post, 1)
    for (const others of this.#openings.values()) others.refresh(post)
  }

  #openingsFor({ capabilities, resources }: ReadyEntry): Openings {
    const requirement = requirementOf(capabilities, resources)
    const present = this.#openings.get(requirement.key)
    if (present !== undefined) return present
    const candidates = this.#context.candidatesFor(requirement)
    const openings = new Openings(this.#tree, candidates, resources, this.#room)
    this.#openings.set(requirement.key, openings)
    return openings
  }
}
