import type { AgentId, EpochMs, TaskId } from '../ids.ts'
import type { ResourceAmounts } from '../orchestration/task-record.ts'

/**
 * Says "look at this task": a hint, never the truth, which is the task's record. It carries what the scheduler
 * needs to place the task without reading the record.
 */
export interface ReadyEntry {
  readonly taskId: TaskId
  /** With the task id it names the entry: the record's `readyCount` when it was made. */
  readonly readyCount: number
  /** Order among due entries, smallest first; see `priorityRank`. */
  readonly rank: number
  /** Not to be taken before. */
  readonly dueAt: EpochMs
  readonly capabilities: readonly string[]
  readonly resources: ResourceAmounts
  /** Who did the stage before it in a pipeline. */
  readonly previousAgentId?: AgentId
  /** In whose branches of the tree it is offered first; see `TaskRecord`. */
  readonly delegators?: readonly AgentId[]
  /** Who failed at it while the swarm was hierarchical, the newest last. */
  readonly failedAgentIds?: readonly AgentId[]
}

/**
 * The queue of ready tasks of one swarm, used by its coordinating node alone.
 *
 * Entries with the same task id and `readyCount` are one entry. It may forget them at a restart or takeover: the
 * coordinator then adds those of all waiting tasks, before it takes any. Those that the queue kept it knows, and hands
 * out again where they were not settled. Order is by `rank`, kept at least within a minute of it.
 *
 * Every adapter must pass `test/contract/ready-queue.contract.ts`.
 */
export interface ReadyQueue {
  add(entries: readonly ReadyEntry[]): Promise<void>
  /** Due entries in order, at most `countMax`; an empty array means none is due. */
  take(countMax: number, now: EpochMs): Promise<readonly ReadyEntry[]>
  /** Ends entries that were taken, or that their tasks no longer need. Unknown ones are ignored. */
  settle(entries: readonly Pick<ReadyEntry, 'taskId' | 'readyCount'>[]): Promise<void>
  /** The one listener is called after an entry was added or fell due; it may be called for nothing. */
  onReady(listener: () => void): void
  close(): Promise<void>
}
