import type { BudgetAmounts } from '../model/budget-record.ts'
import type { AgentId, EpochMs, TaskId } from '../model/ids.ts'
import type { ResourceAmounts } from '../model/task-record.ts'

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
  /** When the task became, or becomes, ready: for people. It decides nothing. */
  readonly readyAt: EpochMs
  /** Not to be taken before, on the store's clock. Left out where the task can start at once, which is no time. */
  readonly dueAt?: EpochMs
  /** What kind of work it is. Entries of version 0.1 have neither this nor the two next. */
  readonly type?: string
  /** 1 is the most urgent, 5 the least. */
  readonly priority?: number
  readonly deadlineAt?: EpochMs
  /** Tasks with the same key go to the same agent where they can. */
  readonly affinityKey?: string
  readonly capabilities: readonly string[]
  readonly resources: ResourceAmounts
  /** Whose share of the swarm the task counts for. */
  readonly fairnessKey?: string
  readonly fairnessWeight?: number
  /** What is reserved from budgets before it starts. */
  readonly cost?: BudgetAmounts
  /** The root of the tree of tasks that it belongs to; left out where it is the root. */
  readonly rootTaskId?: TaskId
  /** Who did the stage before it in a pipeline. */
  readonly previousAgentId?: AgentId
  /** In whose branches of the tree it is offered first; see `TaskRecord`. */
  readonly delegators?: readonly AgentId[]
  /** Who failed at it while the swarm was hierarchical, the newest last. */
  readonly failedAgentIds?: readonly AgentId[]
}

/** Names an entry: those with the same name are one. */
export type ReadyEntryName = Pick<ReadyEntry, 'taskId' | 'readyCount'>

/**
 * The queue of ready tasks of one swarm, used by its coordinating node alone.
 *
 * Entries with the same task id and `readyCount` are one entry. The queue may forget entries at a restart or takeover:
 * the coordinator then restores those of all waiting tasks, before it takes any. Order is by `rank`, kept at least
 * within a minute of it.
 *
 * Every adapter must pass `test/contract/ready-queue.contract.ts`.
 */
export interface ReadyQueue {
  /** Entries of tasks that wait, as their records say. Those that the queue kept stay as they are. */
  restore(entries: readonly ReadyEntry[]): Promise<void>
  add(entries: readonly ReadyEntry[]): Promise<void>
  /**
   * The due entries that are at hand, in order, at most `countMax`. Where nothing is at hand it waits for one look at
   * the medium, never for `countMax` entries; the listener is called when there are more.
   *
   * @param room how many the caller could take now, in several calls; `countMax` by default
   */
  take(countMax: number, room?: number): Promise<readonly ReadyEntry[]>
  /**
   * Whether a due entry may be in the queue or on its way there that was not taken yet. True also where that is not
   * known.
   */
  readonly hasReady: boolean
  /** Ends entries that were taken, or that their tasks no longer need. Unknown ones are ignored. */
  settle(entries: readonly ReadyEntryName[]): Promise<void>
  /** The one listener is called after an entry was added or fell due; it may be called for nothing. */
  onReady(listener: () => void): void
  close(): Promise<void>
}
