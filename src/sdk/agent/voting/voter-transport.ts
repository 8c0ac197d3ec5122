import type { ConsensusMessage as SentMessage } from '#contract/index.ts'
import type { ConsensusMessage } from '#domain/consensus/consensus-message.ts'
import { Backoff, pause } from '../../client/backoff.ts'
import { SwarmApiError } from '../../client/swarm-api-error.ts'
import type { AgentChannel } from '../agent-channel.ts'

/** Carries an agent's consensus messages to the server. While there is no connection, what is said is lost. */
export class VoterTransport {
  #channel: AgentChannel | undefined

  connected(channel: AgentChannel): void {
    this.#channel = channel
  }

  disconnected(): void {
    this.#channel = undefined
  }

  /** To be said again where it matters: nobody acknowledges it. */
  say(message: ConsensusMessage): void {
    this.#channel?.send({ type: 'consensus', body: bodyOf(message) })
  }

  /**
   * Says it until the hub has taken it, or the connection ends.
   *
   * @throws SwarmApiError what the hub refuses it with
   */
  async tell(message: ConsensusMessage): Promise<void> {
    const channel = this.#channel
    if (channel === undefined) return
    const backoff = new Backoff({ minMs: 50, baseMs: 200, maxMs: 3_000 })
    while (this.#channel === channel) {
      try {
        await channel.request({ type: 'consensus', body: bodyOf(message) })
        return
      } catch (error) {
        if (!(error instanceof SwarmApiError) || !error.retryable) throw error
        await pause(Math.max(backoff.nextMs(), error.retryAfterMs ?? 0))
      }
    }
  }
}

/** The domain's words are the contract's, but for what the compiler knows of their texts. */
function bodyOf(message: ConsensusMessage): SentMessage {
  return message as unknown as SentMessage
}
