import type { NodeId } from '#domain/model/ids.ts'
import type { Clock } from '#domain/ports/clock.ts'
import type { Logger } from '#domain/ports/logger.ts'
import type { PeerNotice } from '#domain/ports/peers.ts'
import { encodeEnvelope, type PeerMessage } from './peer-wire.ts'
import { nodeChannel } from './redis-keys.ts'
import type { RedisLink } from './redis-link.ts'

/** A publication is a copy in the memory of Redis for a moment, and one parse at the receiver. */
const MESSAGES_MAX = 256
const CHARACTERS_MAX = 256 * 1_024

/** What was sent to a node that did not receive it, as far as is known. */
export interface Unreceived {
  readonly callIds: readonly number[]
  readonly notices: readonly PeerNotice[]
}

interface Publication {
  readonly messages: string[]
  readonly callIds: number[]
  readonly notices: PeerNotice[]
  characters: number
}

export interface PeerOutboxModules {
  readonly link: RedisLink
  /** That of Redis. */
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * What goes to other nodes. All messages for one node within one turn of the event loop share a publication, and
 * publications keep their order, as they take one connection. A message that cannot be sent now is dropped,
 * and reported.
 */
export class PeerOutbox {
  readonly #from: NodeId
  readonly #link: RedisLink
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #onUnreceived: (peer: NodeId, unreceived: Unreceived) => void
  readonly #publications = new Map<NodeId, Publication[]>()
  #isFlushPlanned = false

  /** @param onUnreceived what nobody received; also that of which it is not known */
  constructor(
    from: NodeId,
    { link, clock, logger }: PeerOutboxModules,
    onUnreceived: (peer: NodeId, unreceived: Unreceived) => void,
  ) {
    this.#from = from
    this.#link = link
    this.#clock = clock
    this.#logger = logger
    this.#onUnreceived = onUnreceived
  }

  send(peer: NodeId, message: PeerMessage): void {
    const text = JSON.stringify(message)
    const publication = this.#openPublication(peer, text.length)
    publication.messages.push(text)
    publication.characters += text.length
    if (message.type === 'call') publication.callIds.push(message.callId)
    else if (message.type === 'notice') publication.notices.push(message.notice)
    if (this.#isFlushPlanned) return
    this.#isFlushPlanned = true
    setImmediate(() => this.#flush())
  }

  #openPublication(peer: NodeId, characters: number): Publication {
    const publications = this.#publications.get(peer) ?? []
    this.#publications.set(peer, publications)
    const last = publications.at(-1)
    const hasRoom =
      last !== undefined &&
      last.messages.length < MESSAGES_MAX &&
      last.characters + characters <= CHARACTERS_MAX
    if (hasRoom) return last
    const next = { messages: [], callIds: [], notices: [], characters: 0 }
    publications.push(next)
    return next
  }

  #flush(): void {
    this.#isFlushPlanned = false
    for (const [peer, publications] of this.#publications) {
      for (const publication of publications) void this.#publish(peer, publication)
    }
    this.#publications.clear()
  }

  async #publish(peer: NodeId, { messages, callIds, notices }: Publication): Promise<void> {
    try {
      this.#link.requireRunId()
      const text = encodeEnvelope(this.#from, this.#clock.now(), messages)
      const receiverCount = await this.#link.client.publish(nodeChannel(peer), text)
      if (receiverCount > 0) return
    } catch (error) {
      this.#logger.debug({ error, peer }, 'messages to a peer were dropped')
    }
    this.#onUnreceived(peer, { callIds, notices })
  }
}
