import type { Scope } from '#domain/model/ids.ts'
import type { Clock } from '#domain/ports/clock.ts'
import type { ReadyEntry, ReadyQueue } from '#domain/ports/ready-queue.ts'
import { MemoryReadyQueue } from './memory-ready-queue.ts'

export interface MemoryReadyQueuesModules {
  readonly clock: Clock
}

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
      ...this.#modules,
      onClose: () => {
        if (this.#queues.get(scope) === queue) this.#queues.delete(scope)
      },
    })
    this.#queues.set(scope, queue)
    return queue
  }

  /** Outbox entries of a scope whose queue is not open need no keeping: whoever opens it adds them from the records. */
  deliver(scope: Scope, entries: readonly ReadyEntry[]): void {
    // In memory nothing can fail.
    void this.#queues.get(scope)?.add(entries)
  }

  async close(): Promise<void> {
    for (const queue of this.#queues.values()) await queue.close()
  }
}
