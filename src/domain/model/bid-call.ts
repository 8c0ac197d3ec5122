import type { TaskId } from './ids.ts'
import type { ResourceAmounts } from './task-record.ts'

/** A task that is offered to agents, for bids. */
export interface BidCall {
  readonly auctionId: string
  readonly taskId: TaskId
  readonly taskType: string
  readonly priority: number
  readonly capabilities: readonly string[]
  readonly resources: ResourceAmounts
  /** How long bids are taken, in milliseconds. The auction ends sooner once every agent that was asked has answered. */
  readonly closesInMs: number
}
