import type { AgentRegistry } from '../agents/agent-registry.ts'
import type { AgentState } from '../agents/agent-state.ts'
import type { FencingToken, TaskId } from '../model/ids.ts'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import type { ReadyEntry, ReadyQueue } from '../ports/ready-queue.ts'
import type { AdmissionControl } from '../resources/admission/admission-control.ts'
import type { FairShares } from '../resources/admission/fair-shares.ts'
import type { Candidate } from '../resources/candidate.ts'
import { PriorityScheduler } from '../resources/priority-scheduler.ts'
import { type Requirement, requirementOf } from '../resources/requirement.ts'
import type { DistributionContext, DistributionStrategy, PlannedAssignment } from './distribution-strategy.ts'

export interface ImmediatePlannerModules {
  readonly queue: Pick<ReadyQueue, 'hasReady'>
  readonly scheduler: PriorityScheduler
  readonly registry: AgentRegistry
  readonly strategy: DistributionStrategy
  readonly admission: AdmissionControl
  readonly shares: FairShares
  readonly clock: Clock
  readonly random: Random
  /** False while the distributor plans nothing, or does not know yet what waits. */
  mayPlan(): boolean
}

/** The task that an agent is about to end. */
export interface EndingTask {
  readonly taskId: TaskId
  readonly fencingToken: FencingToken
  readonly isFailure: boolean
}

/** Most tasks offered to the strategy at once: all of a batch. */
const TASKS_MAX = 500
/** Most pairs of a task and an agent that a plan may have to look at: some milliseconds of the event loop. */
const PAIRS_MAX = 100_000

/** Pause after a step whose answer was lost, in milliseconds: what it may have assigned has to be taken back. */
const PAUSE_MS = 1_000

/**
 * Plans assignments that are written in the step that makes them possible: of a task with its submit, of an agent's next
 * task with the report that ends the one before. It is the plan that the distributor would make after that step, by the
 * same strategy, and it overtakes nothing that waits.
 */
export class ImmediatePlanner {
  readonly #modules: ImmediatePlannerModules
  /** What tasks need whose step is being written and that will wait after it, by the key of the requirement. */
  readonly #arriving = new Map<string, { readonly requirement: Requirement; count: number }>()

  #pausedUntil = 0

  constructor(modules: ImmediatePlannerModules) {
    this.#modules = modules
  }

  /** The store did not say what became of a step: until it answers again, assignments have steps of their own. */
  pause(): void {
    this.#pausedUntil = this.#modules.clock.monotonic() + PAUSE_MS
  }

  /**
   * Plans tasks that are about to be submitted. None is planned while a task that was submitted before could run on an
   * agent that has room.
   */
  planNew(entries: readonly ReadyEntry[]): readonly PlannedAssignment[] {
    const { registry, scheduler, queue, strategy, admission, shares } = this.#modules
    if (entries.length === 0 || !registry.hasRoom || !this.#mayPlan || queue.hasReady) return []
    const candidatesFor = remembered((requirement) => registry.candidatesFor(requirement))
    const isRunnable = (requirement: Requirement): boolean => candidatesFor(requirement).length > 0
    if (scheduler.first(1, isRunnable).length > 0 || this.#isOneArriving(isRunnable)) return []
    const line = new PriorityScheduler({ admission, shares })
    for (const entry of entries) line.add(entry)
    const tasksMax = Math.min(TASKS_MAX, Math.ceil(PAIRS_MAX / registry.availableCount))
    const tasks = line.first(registry.freeSlots(tasksMax), isRunnable)
    if (tasks.length === 0) return []
    for (const entry of tasks) strategy.onReady?.(entry)
    const ids = new Set(tasks.map(({ taskId }) => taskId))
    const plan = this.#plan({
      tasks,
      candidatesFor,
      candidate: (agentId) => registry.candidate(agentId),
      mayStart: ({ taskId }) => ids.has(taskId),
    })
    // Those that are not planned are not ready before they are written.
    for (const taskId of ids) strategy.onGone?.(taskId)
    return plan
  }

  /** A plan that was not written, of a task that does not wait either. */
  dropped({ entry, agentId }: PlannedAssignment): void {
    const { taskId, type = '' } = entry
    this.#modules.strategy.onOutcome?.({ taskId, type, agentId, isCompleted: false, runMs: 0 })
  }

  /** Tasks that will wait, from now until the returned function is called: those that are submitted later go behind them. */
  expect(tasks: readonly Pick<ReadyEntry, 'capabilities' | 'resources'>[]): () => void {
    const requirements = tasks.map(({ capabilities, resources }) => requirementOf(capabilities, resources))
    for (const requirement of requirements) this.#count(requirement, 1)
    return () => {
      for (const requirement of requirements) this.#count(requirement, -1)
    }
  }

  /**
   * Plans the agent's next task for when it has ended the present one. The task stays in the scheduler.
   *
   * @returns undefined where it gets none, or another agent has room too: then the distributor decides as ever
   */
  planNext(
    agent: AgentState,
    { taskId, fencingToken, isFailure }: EndingTask,
  ): PlannedAssignment | undefined {
    if (this.#modules.scheduler.size === 0 || !this.#mayPlan) return undefined
    if (!agent.breaker.staysClosed(isFailure)) return undefined
    const { shares } = this.#modules
    return shares.asIfEnded(taskId, () => agent.asIfFreed(taskId, fencingToken, () => this.#planFor(agent)))
  }

  #planFor(agent: AgentState): PlannedAssignment | undefined {
    const { scheduler, registry, admission, clock } = this.#modules
    if (agent.freeSlots(clock.monotonic()) === 0) return undefined
    const candidate = agent.asCandidate(1)
    const candidatesFor = remembered((requirement) => (agent.canStart(requirement) ? [candidate] : []))
    const tasks = scheduler.first(1, (requirement) => candidatesFor(requirement).length > 0)
    const [first] = tasks
    if (first === undefined) return undefined
    const others = registry.candidatesFor(requirementOf(first.capabilities, first.resources))
    if (others.some(({ agentId }) => agentId !== agent.agentId)) return undefined
    const draft = admission.draft()
    const [planned] = this.#plan({
      tasks,
      candidatesFor,
      candidate: (agentId) => (agentId === agent.agentId ? candidate : undefined),
      mayStart: (entry) => scheduler.has(entry.taskId) && draft.admits(entry),
    })
    draft.close()
    return planned
  }

  get #mayPlan(): boolean {
    const { strategy, mayPlan, clock } = this.#modules
    return mayPlan() && clock.monotonic() >= this.#pausedUntil && strategy.plansAtOnce !== false
  }

  #plan(context: Omit<DistributionContext, 'now' | 'random'>): readonly PlannedAssignment[] {
    const { clock, random, strategy } = this.#modules
    return strategy.plan({ ...context, now: clock.now(), random })
  }

  #isOneArriving(isRunnable: (requirement: Requirement) => boolean): boolean {
    for (const { requirement } of this.#arriving.values()) if (isRunnable(requirement)) return true
    return false
  }

  #count(requirement: Requirement, change: 1 | -1): void {
    const { key } = requirement
    const count = (this.#arriving.get(key)?.count ?? 0) + change
    if (count === 0) this.#arriving.delete(key)
    else this.#arriving.set(key, { requirement, count })
  }
}

/** Asks once for equal requirements. */
function remembered(
  find: (requirement: Requirement) => readonly Candidate[],
): (requirement: Requirement) => readonly Candidate[] {
  const seen = new Map<string, readonly Candidate[]>()
  return (requirement) => {
    const candidates = seen.get(requirement.key) ?? find(requirement)
    seen.set(requirement.key, candidates)
    return candidates
  }
}
