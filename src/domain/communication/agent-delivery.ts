import type { ConsensusNotice } from '../consensus/consensus-message.ts'
import type { Assignment, HeldTask } from '../model/assignment.ts'
import type { BidCall } from '../model/bid-call.ts'
import type { SwarmMessage } from '../model/message.ts'
import type { TrainingNotice } from '../model/training-notice.ts'

/** What the swarm tells an agent over its channel. */
export type AgentDelivery =
  | { readonly type: 'assigned'; readonly assignment: Assignment }
  /** The agent no longer holds the task; what it still sends for it is refused. */
  | { readonly type: 'revoked'; readonly held: HeldTask; readonly reason: string }
  /** As revoked, because a client canceled the task. */
  | { readonly type: 'canceled'; readonly held: HeldTask; readonly reason: string }
  /** A task is offered; the agent may answer with a bid. */
  | { readonly type: 'call_for_bids'; readonly call: BidCall }
  | { readonly type: 'message'; readonly message: SwarmMessage }
  /** Messages that were not delivered, since the connection was too slow. Durable ones are still in the inbox. */
  | { readonly type: 'gap'; readonly missedCount: number }
  /** In an election, or on a proposal; goes before messages. */
  | { readonly type: 'consensus'; readonly notice: ConsensusNotice }
  /** Train a model in a learning round. */
  | { readonly type: 'training'; readonly notice: TrainingNotice }
  /** Finish what you hold; nothing new will come. */
  | { readonly type: 'drain'; readonly reason: string }
  /** A newer connection of the same agent took over; this one is to be closed. */
  | { readonly type: 'superseded'; readonly epoch: number }
  /** The swarm is coordinated anew: the connection is to be closed, so that the agent attaches again. */
  | { readonly type: 'reattach'; readonly reason: string }
