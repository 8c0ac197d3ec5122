import type { Observation, WaitsObservation } from '../observation.ts'
import { AGENTS_NAMED_MAX, type Detector, EVIDENCE_MAX, type Finding, type Judgement } from '../pattern.ts'
import { BoundedMap } from '../tally.ts'

const WAITS_MAX = 20_000

/**
 * Wait-for cycles: agents that wait for each other in a circle, so that none can go on.
 *
 * The wait-for graph under the AND model (E. Knapp, "Deadlock detection in distributed databases", ACM Computing
 * Surveys 1987): an agent needs all agents that it waits for, so each cycle is a deadlock. A cycle is found with the
 * event that closes it, by a search from the new wait; a graph without a cycle never gives an alarm.
 *
 * Effect: always 1.
 */
export class WaitCycleDetector implements Detector {
  readonly kind = 'wait_cycle'
  readonly reads = ['waits', 'ended'] as const
  /** The open wait of each task. */
  readonly #waits = new BoundedMap<WaitsObservation>(WAITS_MAX)
  readonly #byAgent = new Map<string, Set<string>>()
  /** Cycles that are still closed, with the tasks whose waits close them. */
  readonly #cycles = new Map<string, readonly string[]>()

  observe(observation: Observation): Judgement | undefined {
    if (observation.kind === 'ended') return this.#end(observation.taskId)
    if (observation.kind !== 'waits') return undefined
    const ended = this.#end(observation.taskId)
    const waitsFor = observation.waitsFor.filter((agentId) => agentId !== observation.agentId)
    if (waitsFor.length === 0) return ended
    this.#add({ ...observation, waitsFor })
    const cycle = this.#shortestCycle(observation.agentId)
    if (cycle === undefined) return ended
    const found = finding(cycle)
    this.#cycles.set(found.key, found.taskIds)
    return { found: [found], over: (ended?.over ?? []).filter((key) => key !== found.key) }
  }

  #add(wait: WaitsObservation): void {
    if (this.#waits.size >= WAITS_MAX)
      for (const oldest of [...this.#waits.keys()].slice(0, 1)) this.#end(oldest)
    this.#waits.set(wait.taskId, wait)
    const tasks = this.#byAgent.get(wait.agentId) ?? new Set()
    this.#byAgent.set(wait.agentId, tasks.add(wait.taskId))
  }

  #end(taskId: string): Judgement | undefined {
    const wait = this.#waits.get(taskId)
    if (wait === undefined) return undefined
    this.#waits.delete(taskId)
    const tasks = this.#byAgent.get(wait.agentId)
    tasks?.delete(taskId)
    if (tasks?.size === 0) this.#byAgent.delete(wait.agentId)
    const over = [...this.#cycles].filter(([, taskIds]) => taskIds.includes(taskId)).map(([key]) => key)
    for (const key of over) this.#cycles.delete(key)
    return over.length === 0 ? undefined : { found: [], over }
  }

  /** Breadth first from the agent along its waits, until a wait leads back to it. */
  #shortestCycle(start: string): readonly WaitsObservation[] | undefined {
    const reachedBy = new Map<string, { readonly wait: WaitsObservation; readonly from: string }>()
    const frontier = [start]
    for (const agentId of frontier) {
      for (const taskId of this.#byAgent.get(agentId) ?? []) {
        const wait = this.#waits.get(taskId)
        for (const next of wait?.waitsFor ?? []) {
          if (wait === undefined || reachedBy.has(next)) continue
          reachedBy.set(next, { wait, from: agentId })
          if (next === start) return pathBack(start, reachedBy)
          frontier.push(next)
        }
      }
    }
    return undefined
  }
}

function pathBack(
  start: string,
  reachedBy: ReadonlyMap<string, { readonly wait: WaitsObservation; readonly from: string }>,
): readonly WaitsObservation[] {
  const waits: WaitsObservation[] = []
  let agentId = start
  do {
    const step = reachedBy.get(agentId)
    if (step === undefined) break
    waits.unshift(step.wait)
    agentId = step.from
  } while (agentId !== start)
  return waits
}

function finding(cycle: readonly WaitsObservation[]): Finding {
  const members = cycle.map(({ agentId }) => agentId)
  const newestFirst = cycle.toSorted((a, b) => b.sequence - a.sequence)
  return {
    kind: 'wait_cycle',
    key: members.toSorted().join('|'),
    agentIds: members.slice(0, AGENTS_NAMED_MAX),
    evidence: newestFirst
      .map(({ sequence }) => sequence)
      .toReversed()
      .slice(-EVIDENCE_MAX),
    taskIds: newestFirst.map(({ taskId }) => taskId),
    groups: [],
    pValue: 0,
    effect: 1,
    at: newestFirst[0]?.at ?? 0,
  }
}
