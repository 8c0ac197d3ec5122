import TinyQueue from 'tinyqueue'
import type { TaskId } from '../model/ids.ts'
import type { ReadyEntry } from '../ports/ready-queue.ts'
import { type Requirement, requirementOf } from './requirement.ts'

interface Line {
  readonly requirement: Requirement
  readonly heap: TinyQueue<ReadyEntry>
}

interface Head {
  readonly line: Line
  readonly entry: ReadyEntry
}

/** Dead entries left in the heaps before it pays to sweep them out. */
const SWEEP_AT = 1_024

/**
 * The ready tasks a coordinating node looks at, in the order they should run: by rank (priority with aging, see
 * `priorityRank`), first come first served among equals.
 *
 * Tasks with equal requirements stand in one line, so that a task nobody can run now holds up only those that
 * nobody could run either.
 */
export class PriorityScheduler {
  readonly #lines = new Map<string, Line>()
  readonly #waiting = new Map<TaskId, ReadyEntry>()
  /** Entries the heaps still hold of tasks that were deleted. */
  #deadCount = 0

  /** Tasks waiting. */
  get size(): number {
    return this.#waiting.size
  }

  /** The requirements somebody waits with. */
  requirements(): readonly Requirement[] {
    return [...this.#lines.values()].map(({ requirement }) => requirement)
  }

  /** All tasks that wait, in no order. */
  entries(): Iterable<ReadyEntry> {
    return this.#waiting.values()
  }

  has(taskId: TaskId): boolean {
    return this.#waiting.has(taskId)
  }

  /** A newer entry of a task takes the place of its older one. @returns false for an older one, which is ignored */
  add(entry: ReadyEntry): boolean {
    const present = this.#waiting.get(entry.taskId)
    if (present !== undefined && present.readyCount >= entry.readyCount) return false
    // A copy of its own: a task taken out and put back must not be mistaken for what its heap still holds of it.
    const own = { ...entry }
    this.#waiting.set(entry.taskId, own)
    if (present !== undefined) this.#deadCount += 1
    this.#lineFor(requirementOf(entry.capabilities, entry.resources)).heap.push(own)
    return true
  }

  delete(taskId: TaskId): ReadyEntry | undefined {
    const entry = this.#waiting.get(taskId)
    if (entry === undefined) return undefined
    // The heap drops its copy when it comes up, which in a line that nobody serves is never.
    this.#waiting.delete(taskId)
    this.#deadCount += 1
    if (this.#deadCount > this.#waiting.size + SWEEP_AT) this.#sweep()
    return entry
  }

  /**
   * The first `countMax` tasks in order, out of the lines that `isRunnable` says somebody could serve now. They stay
   * in the scheduler until they are deleted.
   */
  first(countMax: number, isRunnable: (requirement: Requirement) => boolean): readonly ReadyEntry[] {
    const open = [...this.#lines.values()].filter(({ requirement }) => isRunnable(requirement))
    const heads = new TinyQueue<Head>([], (a, b) => byRank(a.entry, b.entry))
    const advance = (line: Line): void => {
      const entry = this.#popLive(line)
      if (entry !== undefined) heads.push({ line, entry })
    }
    for (const line of open) advance(line)
    const taken: Head[] = []
    while (taken.length < countMax) {
      const head = heads.pop()
      if (head === undefined) break
      taken.push(head)
      advance(head.line)
    }
    for (const { line, entry } of [...taken, ...heads.data]) line.heap.push(entry)
    for (const { heap, requirement } of open) if (heap.length === 0) this.#lines.delete(requirement.key)
    return taken.map(({ entry }) => entry)
  }

  /** When the task that waits longest became ready; undefined where none waits. */
  oldestReadyAt(): number | undefined {
    let oldest: number | undefined
    for (const { readyAt } of this.#waiting.values())
      if (oldest === undefined || readyAt < oldest) oldest = readyAt
    return oldest
  }

  #lineFor(requirement: Requirement): Line {
    const present = this.#lines.get(requirement.key)
    if (present !== undefined) return present
    const line: Line = { requirement, heap: new TinyQueue<ReadyEntry>([], byRank) }
    this.#lines.set(requirement.key, line)
    return line
  }

  #popLive(line: Line): ReadyEntry | undefined {
    for (let entry = line.heap.pop(); entry !== undefined; entry = line.heap.pop()) {
      if (this.#isLive(entry)) return entry
      this.#deadCount -= 1
    }
    return undefined
  }

  #sweep(): void {
    for (const { requirement, heap } of this.#lines.values()) {
      heap.data = heap.data.filter((entry) => this.#isLive(entry))
      if (heap.data.length === 0) this.#lines.delete(requirement.key)
      else this.#lines.set(requirement.key, { requirement, heap: new TinyQueue(heap.data, byRank) })
    }
    this.#deadCount = 0
  }

  #isLive(entry: ReadyEntry): boolean {
    return this.#waiting.get(entry.taskId) === entry
  }
}

function byRank(a: ReadyEntry, b: ReadyEntry): number {
  return a.rank - b.rank || (a.taskId < b.taskId ? -1 : 1)
}
