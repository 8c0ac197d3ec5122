import type { Scope, SwarmEpoch } from '#domain/model/ids.ts'
import type { Clock } from '#domain/ports/clock.ts'
import type { Logger } from '#domain/ports/logger.ts'
import type { ReadyEntry, ReadyQueue } from '#domain/ports/ready-queue.ts'
import { BullJobs } from './bull-jobs.ts'
import { BullReadyQueue } from './bull-ready-queue.ts'
import type { RedisLink } from './redis-link.ts'
import { RedisOutbox } from './redis-outbox.ts'

interface OpenQueue {
  readonly queue: ReadyQueue
  readonly outbox: RedisOutbox
}

export interface RedisReadyQueuesModules {
  readonly link: RedisLink
  readonly clock: Clock
  readonly logger: Logger
}

/** The ready queues this node has open, each with the outbox that feeds it. */
export class RedisReadyQueues {
  readonly #modules: RedisReadyQueuesModules
  readonly #open = new Map<Scope, OpenQueue>()

  constructor(modules: RedisReadyQueuesModules) {
    this.#modules = modules
  }

  /** A queue of its own for each coordinatorship; the one before gets nothing more. */
  queueFor(scope: Scope, epoch: SwarmEpoch): ReadyQueue {
    this.#open.get(scope)?.outbox.stop()
    const jobs = new BullJobs(scope, this.#modules.link)
    const bull = new BullReadyQueue(epoch, { jobs, ...this.#modules })
    const outbox = new RedisOutbox(scope, bull, this.#modules)
    const queue: ReadyQueue = {
      restore: (entries) => bull.restore(entries),
      add: (entries) => bull.add(entries),
      take: (countMax, room) => bull.take(countMax, room),
      get hasReady() {
        return bull.hasReady || outbox.hasEntries
      },
      settle: (entries) => bull.settle(entries),
      onReady: (listener) => bull.onReady(listener),
      close: async () => {
        if (this.#open.get(scope)?.queue === queue) this.#open.delete(scope)
        outbox.stop()
        await bull.close()
      },
    }
    this.#open.set(scope, { queue, outbox })
    outbox.start()
    return queue
  }

  /** What is committed for a queue that is not open here waits in Redis for the node that opens it. */
  committed(scope: Scope, entries: readonly ReadyEntry[] | undefined): void {
    this.#open.get(scope)?.outbox.committed(entries)
  }

  async drop(scope: Scope): Promise<void> {
    await this.#open.get(scope)?.queue.close()
    const jobs = new BullJobs(scope, this.#modules.link)
    await jobs.obliterate()
    await jobs.close()
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#open.values()].map(({ queue }) => queue.close()))
  }
}
