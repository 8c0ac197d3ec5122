import { assertNever } from '../../model/errors.ts'
import type { AgentId } from '../../model/ids.ts'
import type { PlacementKind } from '../../model/strategy-settings.ts'
import type { Random } from '../../ports/random.ts'
import type { Candidate } from '../../resources/candidate.ts'
import type { TaskFacts, WorkEstimator } from '../work-estimator.ts'

/** How an agent stands: what it holds and what waits for it. */
export interface AgentStanding {
  readonly agentId: AgentId
  readonly slots: number
  /** Tasks it holds and tasks that wait in its queue. */
  readonly tasks: number
  /** Estimated work of all of them on an agent of speed 1, in milliseconds. */
  readonly workMs: number
  /** The last task of its queue. */
  readonly last?: TaskFacts | undefined
}

export interface RankedStanding {
  readonly standing: AgentStanding
  /** The lowest is the best. */
  readonly score: number
}

export interface LoadBalancerModules {
  /** Read for the agents that are compared only. Counts what was placed a moment ago. */
  standingOf(member: Candidate): AgentStanding
  readonly random: Random
  readonly estimator: WorkEstimator
}

const SAMPLE = 2

/** Chooses the agent for one task out of those that are capable. */
export class LoadBalancer {
  readonly kind: PlacementKind
  readonly #modules: LoadBalancerModules
  /** The agent that round robin chose last. */
  #last: AgentId | undefined

  constructor(kind: PlacementKind, modules: LoadBalancerModules) {
    this.kind = kind
    this.#modules = modules
  }

  /** The agents that were compared, the chosen one first. Empty where there is none to choose from. */
  pick(task: TaskFacts, members: readonly Candidate[]): readonly RankedStanding[] {
    switch (this.kind) {
      case 'random':
        return this.#ranked(this.#sample(members, 1), () => 0)
      case 'round_robin':
        return this.#ranked(this.#nextInTurn(members), () => 0)
      case 'shortest_queue':
        return this.#ranked(members, relativeLoad)
      // Mitzenmacher, "The power of two choices in randomized load balancing" (2001).
      case 'power_of_two':
        return this.#ranked(this.#sample(members, SAMPLE), relativeLoad)
      case 'expected_delay':
        return this.#ranked(members, (standing) => this.#expectedDelayMs(task, standing))
      case 'join_idle_queue':
        return this.#joinIdleQueue(members)
      default:
        return assertNever(this.kind)
    }
  }

  /** Shortest expected delay: the work before the task and its own, at the agent's speed, and the set-up. */
  #expectedDelayMs(task: TaskFacts, { agentId, slots, workMs, tasks, last }: AgentStanding): number {
    const { estimator } = this.#modules
    const ownMs = estimator.workMs(task)
    const speed = estimator.speedOf(agentId)
    // Without any basis a task counts as one unit of work: the order is then that of the shortest queue.
    if (ownMs === undefined) return (tasks + 1) / slots / speed
    const before = tasks < slots ? 0 : workMs / slots
    return (before + ownMs) / speed + estimator.setupMs(agentId, task, last)
  }

  #nextInTurn(members: readonly Candidate[]): readonly Candidate[] {
    let next: Candidate | undefined
    let first: Candidate | undefined
    for (const member of members) {
      if (first === undefined || member.agentId < first.agentId) first = member
      const isAfter = this.#last !== undefined && member.agentId > this.#last
      if (isAfter && (next === undefined || member.agentId < next.agentId)) next = member
    }
    const chosen = next ?? first
    if (chosen === undefined) return []
    this.#last = chosen.agentId
    return [chosen]
  }

  /**
   * Lu et al., "Join-Idle-Queue: a novel load balancing algorithm for dynamically scalable web services" (2011): an idle
   * agent, the fastest first; where none is idle, any agent at random.
   */
  #joinIdleQueue(members: readonly Candidate[]): readonly RankedStanding[] {
    const { estimator, standingOf } = this.#modules
    const idle = members.filter((member) => relativeLoad(standingOf(member)) < 1)
    if (idle.length === 0) return this.#ranked(this.#sample(members, 1), relativeLoad)
    return this.#ranked(idle, ({ agentId }) => 1 / estimator.speedOf(agentId))
  }

  #ranked(
    members: readonly Candidate[],
    scoreOf: (standing: AgentStanding) => number,
  ): readonly RankedStanding[] {
    const { random, standingOf } = this.#modules
    return members
      .map((member) => ({ standing: standingOf(member), draw: random.next() }))
      .map(({ standing, draw }) => ({ standing, score: scoreOf(standing), draw }))
      .toSorted((a, b) => a.score - b.score || a.draw - b.draw)
      .map(({ standing, score }) => ({ standing, score }))
  }

  /** `count` different ones at random. */
  #sample(members: readonly Candidate[], count: number): readonly Candidate[] {
    const indexes = new Set<number>()
    const wanted = Math.min(count, members.length)
    while (indexes.size < wanted) indexes.add(Math.floor(this.#modules.random.next() * members.length))
    return [...indexes].flatMap((index) => members[index] ?? [])
  }
}

function relativeLoad({ tasks, slots }: AgentStanding): number {
  return tasks / slots
}
