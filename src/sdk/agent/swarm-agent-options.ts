import type { AgentRegisterInput, ChannelFrameOf } from '#contract/index.ts'
import type { AgentDecision, ProposalHandler } from './voting/open-proposal.ts'

/** Who an agent is, what it can do, and where its swarm is. */
export interface SwarmAgentOptions {
  /** Where the server is, for instance `http://127.0.0.1:3000`. Of several nodes, whichever answers. */
  readonly url: string | readonly string[]
  /** Default `default`. */
  readonly swarmId?: string
  /** The same id in a later run takes the earlier run's place. The server chooses one where it is left out. */
  readonly agentId?: string
  /** What people call it. */
  readonly name?: string
  /** What it can do, by name, or with proficiency (0 to 1) and cost. */
  readonly capabilities?: readonly (string | NonNullable<AgentRegisterInput['capabilities']>[number])[]
  /** Tasks it does at the same time. Default 1. */
  readonly slots?: number
  /** What it has for tasks to use, for instance `{ gpu: 1 }`. */
  readonly resources?: Readonly<Record<string, number>>
  readonly labels?: Readonly<Record<string, string>>
  /** A key that may register agents (role `operator`). A server without keys, on loopback, needs none. */
  readonly apiKey?: string
  /** Of an agent that was registered before, with its `agentId`: it is not registered again. */
  readonly token?: string
  /** `msgpack` spares the hub work where payloads are large. Default `json`. */
  readonly frames?: 'json' | 'msgpack'
  /**
   * Where the agent keeps a key of its own to vote with, and the record of what it signed. Needs an `agentId`; agents may
   * share the directory. Without it the server holds a key for the agent, and decisions rest on the server's word for it.
   */
  readonly stateDir?: string
  /** Asked how to vote on what is put to the swarm, once for each proposal. */
  readonly onProposal?: ProposalHandler
  /** Told what came of each proposal this agent was a voter of. */
  readonly onDecision?: (decision: AgentDecision) => void
  /**
   * Asked for a bid when a task is offered under the strategy `auction`: a price, `undefined` to let the hub estimate one,
   * or `null` where the agent does not want the task. Left out: the hub estimates.
   */
  readonly onBid?: BidHandler
  /** Called with what an operator may want to know; the agent itself needs no help. */
  readonly onNotice?: (notice: AgentNotice) => void
}

/** A task that is offered, as `onBid` sees it. */
export type BidCall = Omit<ChannelFrameOf<'call_for_bids'>, 'type'>

/** @returns the price, with how long the task will take the agent in milliseconds where it promises that */
export type BidHandler = (call: BidCall) => BidAnswer | Promise<BidAnswer>

export type BidAnswer = number | { readonly price: number; readonly promiseMs?: number } | null | undefined

/** What happens around an agent's work. */
export type AgentNotice =
  | { readonly type: 'connected'; readonly url: string; readonly epoch: number }
  /** It reconnects by itself. */
  | { readonly type: 'interrupted'; readonly error: Error }
  /** The work on a task was for nothing: it was canceled, taken away or given to another agent. */
  | { readonly type: 'task_lost'; readonly taskId: string; readonly reason: string }
  /** The server goes away, or was told to give this agent nothing new. */
  | { readonly type: 'drain'; readonly reason: string }
  /** Messages that were not delivered, since they came faster than the agent read them; durable ones still come. */
  | { readonly type: 'messages_missed'; readonly count: number }
  /** The key it voted with before may not be used any more: what it has signed is not known. It has a new one. */
  | { readonly type: 'voter_key_replaced'; readonly reason: string }
  /** It votes no more until it is started anew: what it signed last may not be on record. Work goes on. */
  | { readonly type: 'voting_halted'; readonly error: Error }
  | { readonly type: 'error'; readonly error: Error }
