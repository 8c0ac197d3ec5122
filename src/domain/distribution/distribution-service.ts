import type { AgentId, SessionId } from '../model/ids.ts'
import type { ResourceAmounts } from '../model/task-record.ts'
import type { Bid } from './auction/live-auctions.ts'

/** A task that need not exist. */
export interface PlannedTask {
  readonly type: string
  readonly capabilities: readonly string[]
  readonly resources: ResourceAmounts
  readonly affinityKey?: string | undefined
}

export interface EstimateCostsRequest {
  readonly tasks: readonly PlannedTask[]
  /** All agents in service where left out. */
  readonly agentIds?: readonly AgentId[] | undefined
  /** Most pairs of a task and an agent; past it `limit_exceeded`. */
  readonly pairsMax: number
}

export interface EstimatedCosts {
  readonly agentIds: readonly AgentId[]
  /** One row for each task, one cell for each agent: the bid of the hub, null where the agent cannot do the task. */
  readonly costs: readonly (readonly (number | null)[])[]
}

export interface BidRequest extends Bid {
  readonly sessionId: SessionId
}

/** What is asked of the distributor. */
export interface DistributionService {
  /** An answer to a call for bids. @throws `agent_not_found`, `session_superseded`, `session_unknown` */
  bid(request: BidRequest): Promise<null>
  /** What the distributor reckons with; nothing is assigned. @throws `agent_not_found`, `limit_exceeded` */
  estimateCosts(request: EstimateCostsRequest): Promise<EstimatedCosts>
}
