import { CANDIDATES_KEPT_MAX } from '../../model/decision-record.ts'
import type { MonotonicMs } from '../../model/ids.ts'
import { requirementOf } from '../../resources/requirement.ts'
import { Room } from '../../resources/room.ts'
import type { DistributionContext, PlannedAssignment } from '../distribution-strategy.ts'

interface Detour {
  readonly barred: ReadonlySet<string>
  readonly until: MonotonicMs
}

const DETOURS_MAX = 1_000

/** Tasks that are to go to others than some agents for a while: the answer of the swarm to agents that bounce tasks. */
export class Detours {
  readonly #byTask = new Map<string, Detour>()

  get isEmpty(): boolean {
    return this.#byTask.size === 0
  }

  /** A task has one detour, the newest; past {@link DETOURS_MAX} the oldest is dropped. */
  add(taskIds: readonly string[], barred: readonly string[], until: MonotonicMs): void {
    for (const taskId of taskIds) {
      this.#byTask.delete(taskId)
      this.#byTask.set(taskId, { barred: new Set(barred), until })
    }
    for (const taskId of this.#byTask.keys()) {
      if (this.#byTask.size <= DETOURS_MAX) break
      this.#byTask.delete(taskId)
    }
  }

  /** The least loaded other agent for each such task; a task that no other agent could start now is left out. */
  plan({ tasks, candidatesFor }: DistributionContext, now: MonotonicMs): readonly PlannedAssignment[] {
    for (const [taskId, { until }] of this.#byTask) if (until <= now) this.#byTask.delete(taskId)
    const room = new Room()
    const plan: PlannedAssignment[] = []
    for (const entry of this.isEmpty ? [] : tasks) {
      const detour = this.#byTask.get(entry.taskId)
      if (detour === undefined) continue
      const candidates = candidatesFor(requirementOf(entry.capabilities, entry.resources))
      const others = candidates
        .filter((candidate) => !detour.barred.has(candidate.agentId) && room.fits(candidate, entry.resources))
        .map((candidate) => {
          const { agentId, slots } = candidate
          const activeTasks = room.load(candidate)
          return { agentId, slots, activeTasks, score: activeTasks / slots }
        })
        .toSorted((a, b) => a.score - b.score)
      const [winner] = others
      if (winner === undefined) continue
      plan.push({
        entry,
        agentId: winner.agentId,
        reason: `least loaded except ${[...detour.barred].join(' and ')}, which handed the task back and forth`,
        candidateCount: candidates.length,
        candidates: others.slice(0, CANDIDATES_KEPT_MAX),
      })
      room.take(winner, entry.resources)
    }
    return plan
  }
}
