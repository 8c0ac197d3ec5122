import type { AgentId, TaskId } from '../../model/ids.ts'
import type { ReadyEntry } from '../../ports/ready-queue.ts'
import { type Requirement, requirementOf } from '../../resources/requirement.ts'

/** Tasks of one priority that ask for the same, in the order in which they should run. */
export interface DequeLane {
  readonly requirement: Requirement
  readonly priority: number
  readonly entries: ReadyEntry[]
}

/** Entries at either end of a lane that are looked at for one that may start now; those behind wait for the next look. */
const LOOK_MAX = 64

/**
 * The tasks that wait for one agent. The agent takes from the head, other agents from the tail.
 *
 * Blumofe and Leiserson, "Scheduling multithreaded computations by work stealing" (1999), with two changes: the deque is
 * held by the hub, and it keeps the order of the scheduler within each priority, so that a thief never takes less urgent
 * work than it could.
 */
export class TaskDeque {
  readonly agentId: AgentId
  readonly #lanes = new Map<string, DequeLane>()
  readonly #lanesByTask = new Map<TaskId, DequeLane>()

  constructor(agentId: AgentId) {
    this.agentId = agentId
  }

  get size(): number {
    return this.#lanesByTask.size
  }

  get lanes(): Iterable<DequeLane> {
    return this.#lanes.values()
  }

  *entries(): Generator<ReadyEntry> {
    for (const { entries } of this.#lanes.values()) yield* entries
  }

  push(entry: ReadyEntry): void {
    const requirement = requirementOf(entry.capabilities, entry.resources)
    const priority = entry.priority ?? 3
    const key = `${priority}|${requirement.key}`
    const lane = this.#lanes.get(key) ?? { requirement, priority, entries: [] }
    this.#lanes.set(key, lane)
    this.#lanesByTask.set(entry.taskId, lane)
    lane.entries.splice(placeIn(lane.entries, entry), 0, entry)
  }

  delete(entry: ReadyEntry): boolean {
    const lane = this.#lanesByTask.get(entry.taskId)
    if (lane === undefined) return false
    this.#lanesByTask.delete(entry.taskId)
    const at = lane.entries[0]?.taskId === entry.taskId ? 0 : placeIn(lane.entries, entry) - 1
    const found = lane.entries[at]?.taskId === entry.taskId ? at : indexOfTask(lane.entries, entry.taskId)
    if (found === 0) lane.entries.shift()
    else lane.entries.splice(found, 1)
    if (lane.entries.length === 0) this.#lanes.delete(`${lane.priority}|${lane.requirement.key}`)
    return true
  }

  /** The last in the scheduler's order. */
  get last(): ReadyEntry | undefined {
    let last: ReadyEntry | undefined
    for (const { entries } of this.#lanes.values()) {
      const tail = entries.at(-1)
      if (tail !== undefined && (last === undefined || precedes(last, tail))) last = tail
    }
    return last
  }

  /** The first in the scheduler's order that may start. */
  head(mayStart: (entry: ReadyEntry) => boolean): ReadyEntry | undefined {
    let head: ReadyEntry | undefined
    for (const { entries } of this.#lanes.values()) {
      const first = entries.slice(0, LOOK_MAX).find(mayStart)
      if (first !== undefined && (head === undefined || precedes(first, head))) head = first
    }
    return head
  }
}

/** The last of a lane that may be taken. */
export function tailOf(
  { entries }: DequeLane,
  mayTake: (entry: ReadyEntry) => boolean,
): ReadyEntry | undefined {
  return entries.slice(-LOOK_MAX).findLast(mayTake)
}

export function precedes(a: ReadyEntry, b: ReadyEntry): boolean {
  return a.rank < b.rank || (a.rank === b.rank && a.taskId < b.taskId)
}

/** Behind all that precede the entry and behind the entry itself. */
function placeIn(entries: readonly ReadyEntry[], entry: ReadyEntry): number {
  let low = 0
  let high = entries.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const at = entries[middle]
    if (at !== undefined && precedes(entry, at)) high = middle
    else low = middle + 1
  }
  return low
}

function indexOfTask(entries: readonly ReadyEntry[], taskId: TaskId): number {
  return entries.findIndex((entry) => entry.taskId === taskId)
}
