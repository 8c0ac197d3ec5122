import type { AgentId } from '../model/ids.ts'

export interface StageOrder {
  /** All members in the order in which a pipeline passes them after this one; undefined where it is no member. */
  membersAfter(previous: AgentId): readonly AgentId[] | undefined
}
