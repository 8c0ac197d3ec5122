import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Scope } from '#domain/ids.ts'
import { type RankOf, readyEntryOf } from '#domain/orchestration/task-machine.ts'
import type { Clock } from '#domain/ports/clock.ts'
import type { ReadyEntry, ReadyQueue } from '#domain/ports/ready-queue.ts'
import type { SwarmStore } from '#domain/ports/swarm-store.ts'
import { MemoryReadyQueue } from './memory-ready-queue.ts'

export interface MemoryReadyQueuesModules {
  readonly clock: Clock
  readonly rankOf: RankOf
  /** Where the records of ready tasks are found again after a restart. */
  readonly records: Pick<SwarmStore, 'list'>
}

const PAGE_SIZE = 1_000

/** The ready queues of all scopes of a single node, and the way from the store's outbox into them. */
export class MemoryReadyQueues {
  readonly #modules: MemoryReadyQueuesModules
  readonly #queues = new Map<Scope, MemoryReadyQueue>()

  constructor(modules: MemoryReadyQueuesModules) {
    this.#modules = modules
  }

  /** A queue of its own for each coordinatorship; from here on the one before gets nothing more. */
  open(scope: Scope): ReadyQueue {
    const queue: MemoryReadyQueue = new MemoryReadyQueue({
      clock: this.#modules.clock,
      load: () => this.#readyTasksOf(scope),
      onClose: () => {
        if (this.#queues.get(scope) === queue) this.#queues.delete(scope)
      },
    })
    this.#queues.set(scope, queue)
    return queue
  }

  /** Outbox entries of a scope whose queue is not open need no keeping: it finds them in the records then. */
  deliver(scope: Scope, entries: readonly ReadyEntry[]): void {
    // In memory nothing can fail.
    void this.#queues.get(scope)?.add(entries)
  }

  async close(): Promise<void> {
    for (const queue of this.#queues.values()) await queue.close()
  }

  async #readyTasksOf(scope: Scope): Promise<readonly ReadyEntry[]> {
    const { records, rankOf } = this.#modules
    const entries: ReadyEntry[] = []
    for (let after = ''; ; ) {
      const page = await records.list({ scope, kind: 'task', after, countMax: PAGE_SIZE, openOnly: true })
      for (const { value } of page) {
        const entry = readyEntryOf(value, rankOf)
        if (entry !== undefined) entries.push(entry)
      }
      const last = page.at(-1)
      if (last === undefined || page.length < PAGE_SIZE) return entries
      after = last.key.id
      // A long list must not keep everything else waiting.
      await nextTurn()
    }
  }
}
