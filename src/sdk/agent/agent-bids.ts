import type { AgentFrameOf } from '#contract/index.ts'
import { errorOf } from '../client/user-code.ts'
import type { AgentChannel } from './agent-channel.ts'
import type { BidCall, BidHandler } from './swarm-agent-options.ts'

export interface AgentBidsOptions {
  readonly onBid: BidHandler | undefined
  onError(error: Error): void
}

/** Answers calls for bids. An agent without a handler answers, too: the auction then need not wait for it. */
export class AgentBids {
  readonly #options: AgentBidsOptions
  #channel: AgentChannel | undefined

  constructor(options: AgentBidsOptions) {
    this.#options = options
  }

  connected(channel: AgentChannel): void {
    this.#channel = channel
  }

  async answer(call: BidCall): Promise<void> {
    const channel = this.#channel
    const bid = await this.#bidFor(call)
    // A bid goes over the connection that the call came over: another one is of another session.
    if (channel === this.#channel) channel?.send(bid)
  }

  async #bidFor(call: BidCall): Promise<AgentFrameOf<'bid'>> {
    const { onBid, onError } = this.#options
    const { auctionId } = call
    try {
      const answer = await onBid?.(call)
      if (answer === null) return { type: 'bid', auctionId, isDeclined: true }
      if (answer === undefined) return { type: 'bid', auctionId }
      const { price, promiseMs } =
        typeof answer === 'number' ? { price: answer, promiseMs: undefined } : answer
      if (!Number.isFinite(price) || price < 0) throw new RangeError(`a bid of ${price} is no price`)
      return { type: 'bid', auctionId, price, ...(promiseMs === undefined ? {} : { promiseMs }) }
    } catch (error) {
      // An agent whose handler fails is better not given the task.
      onError(errorOf(error))
      return { type: 'bid', auctionId, isDeclined: true }
    }
  }
}
