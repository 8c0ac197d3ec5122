import type { EpochMs, TaskId } from '../../model/ids.ts'
import type { WorkStealingSettings } from '../../model/strategy-settings.ts'
import type { ReadyEntry } from '../../ports/ready-queue.ts'
import type { Candidate } from '../../resources/candidate.ts'
import type { Room } from '../../resources/room.ts'
import type { DistributionContext } from '../distribution-strategy.ts'
import type { WorkEstimator } from '../work-estimator.ts'
import { type DequeLane, type TaskDeque, tailOf } from './task-deque.ts'
import type { TaskDeques } from './task-deques.ts'

export interface Theft {
  readonly entry: ReadyEntry
  readonly victim: TaskDeque
  readonly thief: Candidate
  /** Agents that could have taken it. */
  readonly thieves: readonly Candidate[]
}

export type StealCosts = Pick<WorkStealingSettings, 'stealCostMs' | 'affinityCostMs'>

interface Prey {
  readonly victim: TaskDeque
  readonly lane: DequeLane
  readonly thieves: readonly Candidate[]
  readonly workMs: number
}

/**
 * Which agent with room takes which task from which other agent. The victim is the agent with the most work waiting, among
 * those with the most urgent priority that anybody can take; the task is the last one of its deque; the thief is the
 * fastest agent with room. It takes nothing that is estimated to be shorter than the cost of moving it.
 */
export class StealPolicy {
  readonly #settings: StealCosts
  readonly #estimator: WorkEstimator
  /** When running tasks were started, oldest first: where nothing has ended yet, their age is all that is known. */
  readonly #startedAt = new Map<TaskId, EpochMs>()
  /** The least cost that kept a task without an estimate from being stolen in the newest choice. */
  #unknownCostMs: number | undefined

  constructor(settings: StealCosts, estimator: WorkEstimator) {
    this.#settings = settings
    this.#estimator = estimator
  }

  started({ taskId }: ReadyEntry, now: EpochMs): void {
    this.#startedAt.set(taskId, now)
  }

  ended(taskId: TaskId): void {
    this.#startedAt.delete(taskId)
  }

  /** The next theft, or undefined where there is nothing to steal or nobody to steal it. */
  choose(deques: TaskDeques, context: DistributionContext, room: Room): Theft | undefined {
    this.#unknownCostMs = undefined
    for (const { victim, lane, thieves } of this.#inOrder(deques, context, room)) {
      const thief = this.#fastest(thieves, room)
      const entry = tailOf(lane, (task) => this.#isWorthIt(task, context.now) && context.mayStart(task))
      if (thief !== undefined && entry !== undefined) return { entry, victim, thief, thieves }
    }
    return undefined
  }

  /** When tasks without an estimate will be known to be worth it, in milliseconds; undefined where none wait for that. */
  worthItInMs(now: EpochMs): number | undefined {
    const cost = this.#unknownCostMs
    const [oldest] = this.#startedAt.values()
    return cost === undefined || oldest === undefined ? undefined : Math.max(1, oldest + cost - now + 1)
  }

  #isWorthIt(task: ReadyEntry, now: EpochMs): boolean {
    const { stealCostMs, affinityCostMs } = this.#settings
    const costMs = task.affinityKey === undefined ? stealCostMs : stealCostMs + affinityCostMs
    if (costMs === 0) return true
    const workMs = this.#estimator.workMs(task)
    if (workMs !== undefined) return workMs > costMs
    const [oldest] = this.#startedAt.values()
    const isLonger = oldest !== undefined && now - oldest > costMs
    if (!isLonger) this.#unknownCostMs = Math.min(costMs, this.#unknownCostMs ?? costMs)
    return isLonger
  }

  #inOrder(deques: TaskDeques, context: DistributionContext, room: Room): readonly Prey[] {
    const prey: Prey[] = []
    for (const victim of deques.all) {
      for (const lane of victim.lanes) {
        const candidates = context.candidatesFor(lane.requirement)
        if (candidates.length === 0) continue
        const thieves = candidates.filter(
          (candidate) =>
            candidate.agentId !== victim.agentId && room.fits(candidate, lane.requirement.resources),
        )
        if (thieves.length > 0) prey.push({ victim, lane, thieves, workMs: deques.workMs(victim) })
      }
    }
    return prey.toSorted(
      (a, b) =>
        a.lane.priority - b.lane.priority ||
        b.workMs - a.workMs ||
        (a.victim.agentId < b.victim.agentId ? -1 : 1),
    )
  }

  #fastest(thieves: readonly Candidate[], room: Room): Candidate | undefined {
    let best: Candidate | undefined
    let bestRate = 0
    for (const thief of thieves) {
      const rate = this.#estimator.speedOf(thief.agentId) / (1 + room.load(thief) / thief.slots)
      if (rate > bestRate) {
        best = thief
        bestRate = rate
      }
    }
    return best
  }
}
