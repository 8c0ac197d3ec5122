import TinyQueue from 'tinyqueue'
import type { TaskId } from '../model/ids.ts'
import type { ReadyEntry } from '../ports/ready-queue.ts'
import type { AdmissionControl } from './admission/admission-control.ts'
import { type FairRound, type FairShares, keyOf } from './admission/fair-shares.ts'
import { type Requirement, requirementOf } from './requirement.ts'

/** Tasks with one requirement, one fairness key and the same controls. */
interface Line {
  readonly id: string
  readonly requirement: Requirement
  readonly fairnessKey: string
  readonly heap: TinyQueue<ReadyEntry>
}

interface Head {
  readonly line: Line
  readonly entry: ReadyEntry
}

/** The lines of one fairness key. */
interface Party {
  readonly heads: TinyQueue<Head>
  dueAt: number
}

export interface PrioritySchedulerModules {
  readonly admission: AdmissionControl
  readonly shares: FairShares
}

/** Dead entries left in the heaps before it pays to sweep them out. */
const SWEEP_AT = 1_024

/**
 * The ready tasks a coordinating node looks at, in the order they should run: fairness keys by their shares, and the
 * tasks of one key by rank (priority with aging, see `priorityRank`), first come first served among equals.
 *
 * Tasks with equal requirements, keys and controls stand in one line, so that a task which cannot run now holds up only
 * those that could not run either.
 */
export class PriorityScheduler {
  readonly #lines = new Map<string, Line>()
  readonly #waiting = new Map<TaskId, ReadyEntry>()
  /** Entries the heaps still hold of tasks that were deleted. */
  #deadCount = 0
  readonly #modules: PrioritySchedulerModules | undefined

  /** @param modules left out where nothing limits or shares */
  constructor(modules?: PrioritySchedulerModules) {
    this.#modules = modules
  }

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
    this.#lineFor(own).heap.push(own)
    return true
  }

  /** To be called once other controls apply than before: each task stands in the line that it belongs to again. */
  regroup(): void {
    this.#lines.clear()
    this.#deadCount = 0
    for (const entry of this.#waiting.values()) this.#lineFor(entry).heap.push(entry)
  }

  find(taskId: TaskId): ReadyEntry | undefined {
    return this.#waiting.get(taskId)
  }

  /** One task of each line with the number of tasks in it, at most so many lines. */
  kinds(countMax: number): readonly { readonly entry: ReadyEntry; readonly count: number }[] {
    const kinds: { readonly entry: ReadyEntry; readonly count: number }[] = []
    for (const { heap } of this.#lines.values()) {
      if (kinds.length === countMax) break
      const live = heap.data.filter((entry) => this.#isLive(entry))
      const [entry] = live
      if (entry !== undefined) kinds.push({ entry, count: live.length })
    }
    return kinds
  }

  /** How many waiting tasks with the same requirement stand before this one by rank. */
  countBefore(entry: ReadyEntry): number {
    const { key } = requirementOf(entry.capabilities, entry.resources)
    let count = 0
    for (const { requirement, heap } of this.#lines.values()) {
      if (requirement.key !== key) continue
      for (const other of heap.data) if (this.#isLive(other) && byRank(other, entry) < 0) count += 1
    }
    return count
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
   * The first `countMax` tasks in order that may start now, together, out of the lines that `isRunnable` says somebody
   * could serve now. They stay in the scheduler until they are deleted.
   */
  first(countMax: number, isRunnable: (requirement: Requirement) => boolean): readonly ReadyEntry[] {
    const { admission, shares } = this.#modules ?? {}
    const open = [...this.#lines.values()].filter(({ requirement }) => isRunnable(requirement))
    const draft = admission?.draft()
    const round = shares?.round()
    const taken: Head[] = []
    const held: Head[] = []
    const parties = this.#partiesOf(open, round)
    while (taken.length < countMax) {
      const party = parties.pop()
      if (party === undefined) break
      const head = party.heads.pop()
      if (head === undefined) continue
      if (draft?.admits(head.entry) !== false) {
        taken.push(head)
        round?.charge(head.entry)
        this.#advance(head.line, party)
      } else held.push(head)
      party.dueAt = round?.dueAt(head.line.fairnessKey) ?? 0
      if (party.heads.length > 0) parties.push(party)
    }
    draft?.close()
    const left = parties.data.flatMap(({ heads }) => heads.data)
    for (const { line, entry } of [...taken, ...held, ...left]) line.heap.push(entry)
    for (const { heap, id } of open) if (heap.length === 0) this.#lines.delete(id)
    return taken.map(({ entry }) => entry)
  }

  /** When the task that waits longest became ready; undefined where none waits. */
  oldestReadyAt(): number | undefined {
    let oldest: number | undefined
    for (const { readyAt } of this.#waiting.values())
      if (oldest === undefined || readyAt < oldest) oldest = readyAt
    return oldest
  }

  #partiesOf(lines: readonly Line[], round: FairRound | undefined): TinyQueue<Party> {
    const byKey = new Map<string, Party>()
    for (const line of lines) {
      const known = byKey.get(line.fairnessKey)
      const party = known ?? {
        heads: new TinyQueue<Head>([], (a, b) => byRank(a.entry, b.entry)),
        dueAt: round?.dueAt(line.fairnessKey) ?? 0,
      }
      if (known === undefined) byKey.set(line.fairnessKey, party)
      this.#advance(line, party)
    }
    const parties = [...byKey.values()].filter(({ heads }) => heads.length > 0)
    return new TinyQueue(parties, byTurn)
  }

  #advance(line: Line, { heads }: Party): void {
    const entry = this.#popLive(line)
    if (entry !== undefined) heads.push({ line, entry })
  }

  #lineFor(entry: ReadyEntry): Line {
    const requirement = requirementOf(entry.capabilities, entry.resources)
    const fairnessKey = keyOf(entry)
    const lane = this.#modules?.admission.laneOf(entry) ?? ''
    const id =
      fairnessKey === '' && lane === '' ? requirement.key : `${requirement.key} ${fairnessKey} ${lane}`
    const present = this.#lines.get(id)
    if (present !== undefined) return present
    const line: Line = { id, requirement, fairnessKey, heap: new TinyQueue<ReadyEntry>([], byRank) }
    this.#lines.set(id, line)
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
    for (const line of this.#lines.values()) {
      const live = line.heap.data.filter((entry) => this.#isLive(entry))
      if (live.length === 0) this.#lines.delete(line.id)
      else this.#lines.set(line.id, { ...line, heap: new TinyQueue(live, byRank) })
    }
    this.#deadCount = 0
  }

  #isLive(entry: ReadyEntry): boolean {
    return this.#waiting.get(entry.taskId) === entry
  }
}

function byTurn(a: Party, b: Party): number {
  const [first, second] = [a.heads.peek(), b.heads.peek()]
  if (a.dueAt !== b.dueAt || first === undefined || second === undefined) return a.dueAt - b.dueAt
  return byRank(first.entry, second.entry)
}

/** The order in which ready tasks should run. */
export function byRank(a: ReadyEntry, b: ReadyEntry): number {
  return a.rank - b.rank || (a.taskId < b.taskId ? -1 : 1)
}
