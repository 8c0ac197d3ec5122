import TinyQueue from 'tinyqueue'
import type { EpochMs } from '#domain/model/ids.ts'
import type { Clock } from '#domain/ports/clock.ts'
import type { ReadyEntry, ReadyQueue } from '#domain/ports/ready-queue.ts'

type EntryName = Pick<ReadyEntry, 'taskId' | 'readyCount'>

interface Slot {
  readonly entry: ReadyEntry
  state: 'later' | 'due' | 'taken' | 'settled'
}

export interface MemoryReadyQueueModules {
  readonly clock: Clock
  onClose(): void
}

/** Look again after so long even where nothing seems due: the wall clock may have been set. */
const LOOK_AGAIN_MS = 10_000
/** Settled slots left in the heaps before it pays to sweep them out. */
const SWEEP_AT = 1_024

/**
 * The ready queue of a single node, in memory and exactly in order. It needs no durability of its own: the task
 * records say which tasks are ready, and are read at each start anyway.
 */
export class MemoryReadyQueue implements ReadyQueue {
  readonly #modules: MemoryReadyQueueModules
  readonly #slots = new Map<string, Slot>()
  #due = new TinyQueue<Slot>([], byRank)
  #later = new TinyQueue<Slot>([], byDueTime)
  #settledInHeaps = 0
  #isClosed = false
  #listener: () => void = () => undefined
  #cancelTimer: () => void = () => undefined

  constructor(modules: MemoryReadyQueueModules) {
    this.#modules = modules
  }

  restore(entries: readonly ReadyEntry[]): Promise<void> {
    return this.add(entries)
  }

  async add(entries: readonly ReadyEntry[]): Promise<void> {
    if (this.#isClosed) return
    for (const entry of entries) this.#add(entry)
    if (entries.length > 0) this.#announce()
  }

  async take(countMax: number): Promise<readonly ReadyEntry[]> {
    this.#promote(this.#modules.clock.now())
    const taken: ReadyEntry[] = []
    while (taken.length < countMax) {
      const slot = this.#due.pop()
      if (slot === undefined) break
      if (slot.state === 'due') {
        slot.state = 'taken'
        taken.push(slot.entry)
      } else {
        this.#settledInHeaps -= 1
      }
    }
    this.#armTimer()
    return taken
  }

  get hasReady(): boolean {
    const next = this.#later.peek()
    return this.#due.length > 0 || (next !== undefined && dueTimeOf(next) <= this.#modules.clock.now())
  }

  async settle(entries: readonly EntryName[]): Promise<void> {
    for (const entry of entries) {
      const name = nameOf(entry)
      const slot = this.#slots.get(name)
      if (slot === undefined) continue
      this.#slots.delete(name)
      if (slot.state !== 'taken') this.#settledInHeaps += 1
      slot.state = 'settled'
    }
    if (this.#settledInHeaps > SWEEP_AT && this.#settledInHeaps > this.#slots.size) this.#sweep()
  }

  onReady(listener: () => void): void {
    this.#listener = listener
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#cancelTimer()
    this.#modules.onClose()
  }

  #add(entry: ReadyEntry): void {
    const name = nameOf(entry)
    if (this.#slots.has(name)) return
    const isDue = entry.dueAt === undefined || entry.dueAt <= this.#modules.clock.now()
    const slot: Slot = { entry, state: isDue ? 'due' : 'later' }
    this.#slots.set(name, slot)
    if (isDue) this.#due.push(slot)
    else this.#later.push(slot)
  }

  #promote(now: EpochMs): void {
    for (
      let slot = this.#later.peek();
      slot !== undefined && dueTimeOf(slot) <= now;
      slot = this.#later.peek()
    ) {
      this.#later.pop()
      if (slot.state === 'later') {
        slot.state = 'due'
        this.#due.push(slot)
      } else {
        this.#settledInHeaps -= 1
      }
    }
  }

  #announce(): void {
    this.#armTimer()
    if (this.#due.length > 0) this.#listener()
  }

  #armTimer(): void {
    this.#cancelTimer()
    const next = this.#later.peek()
    if (next === undefined || this.#isClosed) return
    const { clock } = this.#modules
    const waitMs = Math.min(Math.max(0, dueTimeOf(next) - clock.now()), LOOK_AGAIN_MS)
    this.#cancelTimer = clock.setTimer(waitMs, () => {
      this.#promote(clock.now())
      this.#announce()
    })
  }

  #sweep(): void {
    this.#due = new TinyQueue(this.#due.data.filter(isLive), byRank)
    this.#later = new TinyQueue(this.#later.data.filter(isLive), byDueTime)
    this.#settledInHeaps = 0
  }
}

function nameOf({ taskId, readyCount }: EntryName): string {
  return `${taskId}_${readyCount}`
}

function isLive(slot: Slot): boolean {
  return slot.state !== 'settled'
}

function byRank({ entry: a }: Slot, { entry: b }: Slot): number {
  return a.rank - b.rank || a.readyAt - b.readyAt || (a.taskId < b.taskId ? -1 : 1)
}

function byDueTime(a: Slot, b: Slot): number {
  return dueTimeOf(a) - dueTimeOf(b)
}

/** Before all others where there is none. */
function dueTimeOf({ entry }: Slot): number {
  return entry.dueAt ?? Number.NEGATIVE_INFINITY
}
