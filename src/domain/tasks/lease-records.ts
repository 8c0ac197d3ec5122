import type { SwarmJournal } from '../kernel/swarm-journal.ts'
import type { HeldTask } from '../model/assignment.ts'
import type { TaskId } from '../model/ids.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { LeaseKeeper } from './lease-keeper.ts'
import { renewLease } from './task-machine.ts'
import { putTask, taskKey } from './task-writer.ts'

export interface LeaseRecordsModules {
  readonly journal: SwarmJournal
  readonly leases: LeaseKeeper
  readonly clock: Clock
  readonly logger: Logger
}

/** Tasks in one step of the store. */
const STEP_MAX = 500

/**
 * Writes to the tasks' records what renewals of their leases prove: that the agent received them, and how much of
 * `timeoutMs` they have used. Nobody waits for it: what could not be written is written with a later renewal.
 */
export class LeaseRecords {
  readonly #modules: LeaseRecordsModules

  constructor(modules: LeaseRecordsModules) {
    this.#modules = modules
  }

  /** The agent named these tasks, and their leases were renewed. */
  renewed(held: readonly HeldTask[]): void {
    const { leases, logger } = this.#modules
    const due = held.filter(({ taskId, fencingToken }) => leases.isRecordDue(taskId, fencingToken))
    for (let from = 0; from < due.length; from += STEP_MAX) {
      this.#write(due.slice(from, from + STEP_MAX)).catch((error: unknown) =>
        logger.debug({ error }, 'lease renewals not written'),
      )
    }
  }

  async #write(held: readonly HeldTask[]): Promise<void> {
    const { journal, leases, clock } = this.#modules
    const tokens = new Map(held.map(({ taskId, fencingToken }) => [taskId, fencingToken]))
    // At once, so that the next renewal does not write the same again while this is under way.
    for (const { taskId, fencingToken } of held) leases.recorded(taskId, fencingToken)
    const keys = [...tokens.keys()].map((taskId: TaskId) => taskKey(taskId))
    await journal.transact(keys, (stored) => {
      const writes = stored.flatMap((record) => {
        const task = record?.value
        if (task?.lease === undefined || task.lease.fencingToken !== tokens.get(task.taskId)) return []
        const usedMs = leases.usedMs(task.taskId, task.lease.fencingToken)
        return [putTask(renewLease(task, usedMs, clock.now()))]
      })
      return { writes, events: [], ready: [], result: null }
    })
  }
}
