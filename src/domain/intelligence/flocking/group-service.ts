import type { AgentId, EpochMs } from '../../model/ids.ts'
import type { GroupChange } from './group-change.ts'

/** What the members of a group do, by kind of work: its centre. */
export interface GroupKind {
  readonly taskType: string
  /** Members that are prepared for it. */
  readonly preparedCount: number
  /** Attempts of the members that still count; older ones fade. */
  readonly attempts: number
  /** Share of the attempts that succeeded, 0 to 1. */
  readonly successRate: number
}

export interface GroupHistoryEntry {
  readonly at: EpochMs
  readonly change: GroupChange
}

export interface GroupView {
  readonly group: string
  readonly members: readonly AgentId[]
  readonly formedAt: EpochMs
  /** What the members are prepared for and do most, at most 20. */
  readonly centre: readonly GroupKind[]
  /** The newest changes, at most 50, oldest first. */
  readonly history: readonly GroupHistoryEntry[]
}

/** The groups that a swarm's agents form, while its strategy is `flocking`. */
export interface GroupService {
  /** In the order of their names, after one of them. */
  list(request: { readonly after?: string; readonly countMax: number }): Promise<readonly GroupView[]>
  /** @throws `group_not_found` */
  get(request: { readonly group: string }): Promise<GroupView>
}
