import type { NodeId } from '#domain/model/ids.ts'
import type { Clock } from '#domain/ports/clock.ts'
import type { Logger } from '#domain/ports/logger.ts'
import type { PeerNews } from '#domain/ports/peers.ts'
import { encodeEnvelope } from './peer-wire.ts'
import { NODES_CHANNEL } from './redis-keys.ts'
import type { RedisLink } from './redis-link.ts'

/** News that waits for Redis; past it the oldest is dropped. */
const UNSENT_MAX = 10_000

/** Sends news to all nodes at once, over a channel that each of them listens on. It waits while Redis is away. */
export class PeerBroadcast {
  readonly #from: NodeId
  readonly #link: RedisLink
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #unsent = new Set<PeerNews>()
  #isSending = false

  constructor(
    from: NodeId,
    { link, clock, logger }: { readonly link: RedisLink; readonly clock: Clock; readonly logger: Logger },
  ) {
    this.#from = from
    this.#link = link
    this.#clock = clock
    this.#logger = logger
    link.onConnected(() => void this.#send())
  }

  send(news: PeerNews): void {
    const [oldest] = this.#unsent
    if (oldest !== undefined && this.#unsent.size >= UNSENT_MAX) this.#unsent.delete(oldest)
    this.#unsent.add(news)
    void this.#send()
  }

  async #send(): Promise<void> {
    if (this.#isSending) return
    this.#isSending = true
    try {
      for (let [news] = this.#unsent; news !== undefined && this.#link.isUp; [news] = this.#unsent) {
        const envelope = encodeEnvelope(this.#from, this.#clock.now(), [
          JSON.stringify({ type: 'news', news }),
        ])
        await this.#link.client.publish(NODES_CHANNEL, envelope)
        this.#unsent.delete(news)
      }
    } catch (error) {
      // The next connection sends the rest.
      this.#logger.debug({ error }, 'news to all nodes waits')
    } finally {
      this.#isSending = false
    }
  }
}
