import type { AgentId, TaskId } from '../../model/ids.ts'
import type { ReadyEntry } from '../../ports/ready-queue.ts'

/** What an agent answers to a call for bids. */
export interface Bid {
  readonly agentId: AgentId
  readonly auctionId: string
  /** What the agent asks for, in the swarm's own unit; the lowest wins. Left out: the hub estimates a bid for the agent. */
  readonly price?: number
  /** The agent does not want the task. */
  readonly isDeclined?: true
  /** How long the task will take the agent, in milliseconds; its reputation rests on it. */
  readonly promiseMs?: number
}

/** One task that is offered to agents. */
export interface LiveAuction {
  readonly auctionId: string
  readonly entry: ReadyEntry
  /** Agents that were called and have not answered. */
  readonly unanswered: Set<AgentId>
  readonly bids: Map<AgentId, Bid>
  /** All agents that were called. */
  readonly called: Set<AgentId>
  /** On the monotonic clock, in milliseconds. */
  readonly closesAt: number
}

/** Sealed-bid auctions that are running; no agent learns what others bid. */
export class LiveAuctions {
  readonly #byTask = new Map<TaskId, LiveAuction>()
  readonly #byId = new Map<string, LiveAuction>()
  #count = 0

  get size(): number {
    return this.#byTask.size
  }

  get all(): Iterable<LiveAuction> {
    return this.#byTask.values()
  }

  has(taskId: TaskId): boolean {
    return this.#byTask.has(taskId)
  }

  open(entry: ReadyEntry, agentIds: readonly AgentId[], closesAt: number): LiveAuction {
    this.#count += 1
    const auction = {
      // Named after the newest entry of the task, so that an answer to an earlier auction is not taken for one to this.
      auctionId: `${entry.taskId}-${entry.readyCount}-${this.#count}`,
      entry,
      unanswered: new Set(agentIds),
      bids: new Map<AgentId, Bid>(),
      called: new Set(agentIds),
      closesAt,
    }
    this.#byTask.set(entry.taskId, auction)
    this.#byId.set(auction.auctionId, auction)
    return auction
  }

  /** Another agent is called. */
  invite(auction: LiveAuction, agentId: AgentId): void {
    auction.called.add(agentId)
    auction.unanswered.add(agentId)
  }

  /**
   * The first answer of an agent counts: a sealed bid cannot be changed.
   *
   * @returns whether it was the last answer that the auction waited for
   */
  answer(bid: Bid): boolean {
    const auction = this.#byId.get(bid.auctionId)
    if (auction === undefined || !auction.unanswered.delete(bid.agentId)) return false
    auction.bids.set(bid.agentId, bid)
    return auction.unanswered.size === 0
  }

  /** The agent is gone. @returns whether an auction waits for nobody else now */
  withdraw(agentId: AgentId): boolean {
    let isClosed = false
    for (const auction of this.#byTask.values()) {
      auction.bids.delete(agentId)
      if (auction.unanswered.delete(agentId) && auction.unanswered.size === 0) isClosed = true
    }
    return isClosed
  }

  close(taskId: TaskId): void {
    const auction = this.#byTask.get(taskId)
    if (auction === undefined) return
    this.#byTask.delete(taskId)
    this.#byId.delete(auction.auctionId)
  }
}
